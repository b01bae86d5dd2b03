using System.Net;
using IncidentTracker.Simulator;

namespace IncidentTracker.Partners.Tests;

public sealed class CustomerLinkTests : IDisposable
{
    private readonly StringWriter _console = new();

    public void Dispose() => _console.Dispose();

    [Fact]
    public async Task The_link_is_printed_as_soon_as_there_is_a_case()
    {
        using var web = new Answers(
            (HttpStatusCode.OK, """{ "items": [] }"""),
            (HttpStatusCode.OK, """{ "items": [{ "reference": "K7Q-4M2-XDC", "customerLink": "http://localhost:5080/t/abc", "status": "TRACING" }] }"""));

        Assert.Equal(0, await AskAsync(web));
        Assert.Equal("K7Q-4M2-XDC http://localhost:5080/t/abc", _console.ToString().Trim());
        Assert.Equal("/api/v1/incidents?bagTag=0900123456", web.LastPath);
    }

    [Fact]
    public async Task A_wrong_key_is_said_at_once()
    {
        using var web = new Answers((HttpStatusCode.Unauthorized, ""));

        Assert.Equal(1, await AskAsync(web));
        Assert.Contains("401", _console.ToString(), StringComparison.Ordinal);
    }

    private async Task<int> AskAsync(Answers answers)
    {
        using var web = new HttpClient(answers) { BaseAddress = new("http://hub.example") };
        return await new CustomerLink(web, "dev-XB", TimeProvider.System, _console).PrintAsync("0900123456", TimeSpan.FromSeconds(20), CancellationToken.None);
    }

    private sealed class Answers(params (HttpStatusCode Code, string Body)[] answers) : HttpMessageHandler
    {
        private int _asked;

        public string? LastPath { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            LastPath = request.RequestUri!.PathAndQuery;
            var (code, body) = answers[_asked++];
            return Task.FromResult(new HttpResponseMessage(code) { Content = new StringContent(body) });
        }
    }
}
