using System.Globalization;
using System.Net.Http.Headers;
using ActorDcp.Cluster.Tests.Network;
using ActorDcp.Producer;
using Npgsql;

namespace ActorDcp.Cluster.Tests;

/// <summary>Nothing that a member says, however much it is made to say, holds a secret or a user's data.</summary>
public sealed class SecretsTests(PostgresServer postgres) : IClassFixture<PostgresServer>
{
    private const int VBuckets = 4;
    private const string OfCouchbase = "s3cret-of-couchbase";
    private const string OfDatabase = "s3cret-of-the-database";
    private const string OfHttp = "s3cret-of-http";
    private const string Key = "customer-4711";
    private const string Body = "card-4929";

    [Fact]
    public async Task Logs_status_metrics_and_dumps_have_no_secrets_and_no_documents()
    {
        using var folder = new TestFolder();
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(VBuckets).AddUser("reader", OfCouchbase));
        var settings = new NpgsqlConnectionStringBuilder(await postgres.CreateDatabaseAsync()) { Password = OfDatabase };
        await using var database = new Relay(settings.Port);
        settings.Port = database.Port;
        var file = ServeProcess.WriteFile(
            producer.Endpoint.Port, folder, ("User", "reader"), ("Password", OfCouchbase), ("Handler:Type", "count"), ("Checkpoint:Interval", "200ms"),
            ("Persistence:Provider", "postgresql"), ("Persistence:ConnectionString", settings.ToString()), ("Http:Token", OfHttp));
        var everything = new Dictionary<string, string> { ["Logging__LogLevel__Default"] = "Trace" };
        Write(producer, 0);
        await using var member = ServeProcess.Start(file, [], everything);
        using var http = Client(await ServeProcess.PortAsync(member, "http"));
        string? status = null;
        await Eventually.TrueAsync(
            async () => (status = await http.GetStringAsync(new Uri("/api/v1/groups/test/status", UriKind.Relative))).Split("\"Streaming\"").Length == VBuckets + 1,
            () => $"{status} {member.Error}");

        // what goes wrong is what is talked of
        producer.DropConnections();
        producer.AnswerNext(Protocol.Status.TemporaryFailure, count: 3);
        await database.RefuseAsync();
        Write(producer, 1);
        await Eventually.TrueAsync(
            () => member.Error.Contains("the offset table cannot be written", StringComparison.Ordinal) && member.Error.Contains("ended (next try", StringComparison.Ordinal),
            () => member.Error);
        database.Accept();
        await Eventually.TrueAsync(() => member.Error.Contains("answers again", StringComparison.Ordinal), () => member.Error);
        var said = await SaidAsync(member, http);
        await member.SignalAsync("TERM");
        await member.WaitForExitAsync();
        said.Add(member.Output + member.Error);
        said.AddRange(await RefusalsAsync(file));

        Assert.Contains("info: ", member.Error, StringComparison.Ordinal);
        Assert.All(said, text => Assert.All([OfCouchbase, OfDatabase, OfHttp, Key, Body], secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal)));
    }

    /// <summary>Every way to ask a member for something.</summary>
    private static async Task<List<string>> SaidAsync(HostProcess member, HttpClient http)
    {
        var said = new List<string>();
        foreach (var path in (string[])["/health/live", "/health/ready", "/metrics", "/api/v1/groups", "/api/v1/groups/test/status", "/api/v1/groups/test/vbuckets/0/history", "/api/v1/groups/test/offsets"])
        {
            using var response = await http.GetAsync(new Uri(path, UriKind.Relative));
            var text = await response.Content.ReadAsStringAsync();
            // unready says why
            Assert.True((response.IsSuccessStatusCode || path == "/health/ready") && text.Length > 0, $"{path}: {response.StatusCode} {text} {member.Error}");
            said.Add(text);
        }
        foreach (var words in (string[][])[["top", "--json", "--looks", "2", "--interval", "1"], ["status"], ["history", "--vbucket", "0"]])
        {
            var result = await HostProcess.RunAsync([.. words, "--url", http.BaseAddress!.ToString(), "--token", OfHttp]);
            Assert.True(result.ExitCode == 0, $"{words[0]}: {result.Error}");
            said.Add(result.Output + result.Error);
        }
        return said;
    }

    private static HttpClient Client(int port)
    {
        var client = new HttpClient { BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", OfHttp);
        return client;
    }

    /// <summary>What a start says that is refused for something near a secret.</summary>
    private static async Task<List<string>> RefusalsAsync(string file)
    {
        var said = new List<string>();
        foreach (var (key, value) in new[]
        {
            ("User", "nobody"),
            ("Password", OfCouchbase + " and more"),
            ("Passwort", OfCouchbase),
            ("Persistence:ConnectionString", $"Host=127.0.0.1;Password={OfDatabase};Passwort={OfDatabase}"),
            ("Persistence:ConnectionString", $"Password={OfDatabase};{OfDatabase}"),
        })
        {
            await using var refused = ServeProcess.Start(file, [new(key, value)], new Dictionary<string, string> { ["Logging__LogLevel__Default"] = "Trace" });
            var code = await refused.WaitForExitAsync();
            Assert.True(code is 1 or 2, $"{key} {value}: {code} {refused.Error}");
            said.Add(refused.Output + refused.Error);
        }
        return said;
    }

    private static void Write(EmbeddedProducer producer, int round)
    {
        for (var i = 0; i < 100; i++)
            producer.Bucket.Set(string.Create(CultureInfo.InvariantCulture, $"{Key}-{round}-{i}"), $"{{\"number\":\"{Body}\"}}");
    }
}
