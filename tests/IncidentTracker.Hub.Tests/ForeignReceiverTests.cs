namespace IncidentTracker.HubTests;

/// <summary>Somebody else's receiver, with the official library: what the hub signs, others can check.</summary>
[Trait("Category", "Foreign")]
public sealed class ForeignReceiverTests
{
    [Fact]
    public async Task A_Node_receiver_verifies_what_the_hub_sends()
    {
        const string Key = "key-of-the-node-receiver";
        await using var hub = await HubProcess.StartAsync(new Dictionary<string, string>
        {
            ["Development__Partners__0__Id"] = "JS",
            ["Development__Partners__0__Key"] = Key,
            ["Webhooks__InternalRanges__0"] = "127.0.0.0/8",
        });

        var said = await Outside.RunAsync("node", Path.Combine(Outside.Foreign, "webhook.mjs"), hub.Web.ToString(), Key);

        foreach (var name in new[] { "the_endpoint_is_proven", "an_event_is_verified", "a_changed_event_is_noticed", "both_secrets_count_after_a_rotation" })
            Assert.Contains($"ok {name}", said, StringComparison.Ordinal);
    }
}
