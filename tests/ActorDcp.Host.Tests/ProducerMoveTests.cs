using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace ActorDcp.Host.Tests;

/// <summary>A move that kill -9 breaks off, through real processes.</summary>
public sealed class ProducerMoveTests : IDisposable
{
    private const int Documents = 200;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("actordcp");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Kill_9_between_the_old_and_the_new_active_leaves_the_vbucket_with_all_it_had()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        string[] produce = ["producer", "--port", "0", "--http", "0", "--vbuckets", "2", "--nodes", "2", "--data", _folder.FullName];
        await using (var producer = HostProcess.Start([.. produce, "--load", Documents.ToString(CultureInfo.InvariantCulture)]))
        {
            using var http = ControlOf(await producer.FirstLineAsync());
            // long enough to be seen: the new copy is durable before it is active
            using var slowed = await http.PostAsJsonAsync("nodes/1/faults/slow-disk", new { delay_ms = 2_000 }, deadline.Token);
            slowed.EnsureSuccessStatusCode();
            var moving = http.PostAsJsonAsync("vbuckets/0/move", new { to = 1 }, deadline.Token);
            using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
            while (await StateAsync(http, deadline.Token) != "dead")
                Assert.True(!moving.IsCompleted && await tick.WaitForNextTickAsync(deadline.Token), "the old copy was never seen dead");
        }
        await using var again = HostProcess.Start(produce);
        var ready = await again.FirstLineAsync();
        using var after = ControlOf(ready);

        Assert.Equal("active", await StateAsync(after, deadline.Token));
        var drain = await HostProcess.RunAsync(
            "drain", "--connection", $"couchbase://127.0.0.1:{PortOf(ready, "kv")}", "--user", "Administrator", "--password", "password", "--format", "count");
        Assert.Equal((0, ""), (drain.ExitCode, drain.Error));
        Assert.Contains($"\"items\":{Documents},", drain.Output, StringComparison.Ordinal);
    }

    private static async Task<string?> StateAsync(HttpClient http, CancellationToken cancellationToken) =>
        (await http.GetFromJsonAsync<JsonElement>("vbuckets/0", cancellationToken)).GetProperty("state").GetString();

    private static HttpClient ControlOf(string readyLine)
    {
        var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{PortOf(readyLine, "http")}/control/v1/"), Timeout = Deadline };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes("Administrator:password")));
        return http;
    }

    private static int PortOf(string readyLine, string name)
    {
        using var ready = JsonDocument.Parse(readyLine);
        var port = ready.RootElement.GetProperty("ports").GetProperty(name);
        return port.ValueKind == JsonValueKind.Array ? port[0].GetInt32() : port.GetInt32();
    }
}
