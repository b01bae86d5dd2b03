using IncidentTracker.Data;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>What owners of endpoints hear by mail, over a real server.</summary>
[Trait("Category", "Foreign")]
public sealed class OwnerTests : DeliveryTest
{
    private MailServer _server = null!;

    private protected override (string Key, string Value)[] Settings =>
        [.. base.Settings, .. _server.Settings, ("Contacts:People:0:Organization", "XB"), ("Contacts:People:0:Level", "Partner"), ("Contacts:People:0:Mail", "it@xb.example")];

    public override async Task InitializeAsync()
    {
        _server = await MailServer.StartAsync();
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await using var server = _server;
        await base.DisposeAsync();
    }

    [Fact]
    public async Task Five_days_of_failure_are_enough_and_the_owner_is_told()
    {
        Receiver.Answer = Receiver.Status(500);
        var (id, _) = await EndpointAsync("XB");
        await Hub.As("XB").OpenAsync(Tag);
        await UntilAsync(async () => (await EndpointRowAsync(id)).FailingSince is not null);
        var began = (await EndpointRowAsync(id)).FailingSince!.Value;

        // Somebody opens a case every ten hours, and so there is always something to try.
        for (var i = 1; i < 12; i++)
        {
            Hub.Time.Set(began + (10 * i * Duration.FromHours(1)));
            await Hub.As("XB").OpenAsync($"09000000{i:00}");
            await UntilAsync(async () => (await EndpointRowAsync(id)).ProbeAt > Hub.Time.Now);
            Assert.Equal((EndpointState.Active, began), ((await EndpointRowAsync(id)).State, (await EndpointRowAsync(id)).FailingSince));
        }
        Assert.Empty(_server.Mails);
        Hub.Time.Set(began + Duration.FromDays(5));
        await UntilAsync(async () => (await EndpointRowAsync(id)).State == EndpointState.Disabled);

        Assert.Equal("FAILED_FOR_FIVE_DAYS", (await EndpointRowAsync(id)).DisabledReason);
        Assert.All(await DeliveriesAsync(id), delivery => Assert.NotNull(delivery.ParkedReason));
        var mail = (await _server.MailsAsync(1)).Single();
        Assert.Equal(("it@xb.example", "A webhook endpoint of yours was disabled"), (mail.To, mail.Header("Subject")));
        Assert.Contains("It has failed for five days.", mail.Part("text/plain"), StringComparison.Ordinal);
        Assert.Contains(new Uri(Receiver.Address, "hook").ToString(), mail.Part("text/plain"), StringComparison.Ordinal);
        Assert.Contains(new Uri(Receiver.Address, "hook").ToString(), mail.Part("text/html"), StringComparison.Ordinal);
    }
}
