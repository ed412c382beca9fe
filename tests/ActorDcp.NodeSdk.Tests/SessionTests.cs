using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using ActorDcp.Producer;

namespace ActorDcp.NodeSdk.Tests;

/// <summary>Other people's client, unmodified, against the embedded producer; and our own drain of what it left.</summary>
public sealed class SessionTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("actordcp");

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Everything that the session must have done, so that the test cannot pass by doing less.</summary>
    private static readonly string[] Kinds =
    [
        "upsert", "upsert with expiry", "upsert with preserveExpiry", "insert", "replace", "replace with cas", "replace with preserveExpiry", "remove",
        "remove with cas", "get", "get with expiry", "get with project", "exists", "getAnyReplica", "touch", "getAndTouch", "getAndLock", "unlock",
        "upsert of a locked document", "increment", "decrement", "append", "prepend", "lookupIn", "lookupIn xattrs", "mutateIn upsert", "mutateIn insert and remove",
        "mutateIn arrays", "mutateIn shorter arrays", "mutateIn arrayAddUnique", "mutateIn counter", "mutateIn insert", "mutateIn replace",
        "mutateIn of a new document", "mutateIn xattr", "mutateIn, durable", "upsert, durable", "insert, durable", "replace, durable", "remove, durable",
        "createScope", "createCollection", "dropCollection", "getAllScopes", "ping",
    ];

    [Theory]
    [InlineData(20_000)]
    [InlineData(4_000, "--nodes", "3", "--replicas", "1")]
    public async Task A_drain_returns_exactly_the_state_that_a_session_of_the_SDK_left(int operations, params string[] options)
    {
        var (expectedFile, drainedFile) = (FileOf("expected.jsonl"), FileOf("drained.jsonl"));
        await using var producer = HostProcess.Start(["producer", "--port", "0", "--http", "0", "--vbuckets", "64", .. options]);
        var connection = $"couchbase://127.0.0.1:{PortOf(await producer.FirstLineAsync(), "kv")}";

        using var session = JsonDocument.Parse(await NodeSdk.RunSessionAsync(connection, operations, expectedFile));
        var drain = await HostProcess.RunAsync(
            "drain", "--connection", connection, "--user", "Administrator", "--password", "password", "--values", "--xattrs", "--delete-times",
            "--system-events", "--out", drainedFile);

        Assert.Equal((0, ""), (drain.ExitCode, drain.Error));
        Assert.InRange(session.RootElement.GetProperty("operations").GetInt32(), operations, int.MaxValue);
        Assert.All(Kinds, kind => Assert.True(session.RootElement.GetProperty("counts").TryGetProperty(kind, out _), $"the session did no {kind}"));
        AssertSame(ExpectedState.Read(expectedFile), DrainedState.Read(drainedFile));
    }

    /// <summary>KV and the management of collections, both over TLS (dcp-reference.md 2.8).</summary>
    [Fact]
    public async Task A_session_over_TLS_alone_leaves_what_a_drain_returns()
    {
        var (expectedFile, drainedFile, authority) = (FileOf("expected.jsonl"), FileOf("drained.jsonl"), FileOf("ca.pem"));
        using (var issuer = SelfSignedCertificate.CreateAuthority())
        using (var server = SelfSignedCertificate.Create(issuer))
        {
            await File.WriteAllTextAsync(authority, issuer.ExportCertificatePem());
            await File.WriteAllTextAsync(FileOf("server.pem"), server.ExportCertificatePem());
            using var key = server.GetECDsaPrivateKey();
            await File.WriteAllTextAsync(FileOf("server.key"), key!.ExportPkcs8PrivateKeyPem());
        }
        await using var producer = HostProcess.Start(
            ["producer", "--port", "0", "--http", "0", "--https", "0", "--tls-cert", FileOf("server.pem"), "--tls-key", FileOf("server.key"), "--vbuckets", "64"]);
        var connection = $"couchbases://127.0.0.1:{PortOf(await producer.FirstLineAsync(), "kv_tls")}";

        await NodeSdk.RunSessionAsync($"{connection}?trust_certificate={authority}", 2_000, expectedFile);
        var drain = await HostProcess.RunAsync(
            "drain", "--connection", connection, "--ca", authority, "--user", "Administrator", "--password", "password", "--values", "--xattrs", "--delete-times",
            "--system-events", "--out", drainedFile);

        Assert.Equal((0, ""), (drain.ExitCode, drain.Error));
        AssertSame(ExpectedState.Read(expectedFile), DrainedState.Read(drainedFile));
    }

    private static void AssertSame(Dictionary<string, JsonElement> expected, Dictionary<string, JsonElement> drained)
    {
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), drained.Keys.Order(StringComparer.Ordinal));
        Assert.Contains(expected.Values, line => line.TryGetProperty("sha1", out _) && line.GetProperty("xattrs").GetBoolean());
        var differences = expected
            .SelectMany(pair => ExpectedState.Differences(pair.Value, drained[pair.Key]).Select(difference => $"{pair.Key}: {difference}, and is {drained[pair.Key]}"));
        Assert.Empty(differences);
    }

    private static string PortOf(string readyLine, string name)
    {
        using var ready = JsonDocument.Parse(readyLine);
        return ready.RootElement.GetProperty("ports").GetProperty(name)[0].GetInt32().ToString(CultureInfo.InvariantCulture);
    }

    private string FileOf(string name) => Path.Combine(_folder.FullName, name);
}
