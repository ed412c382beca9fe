using System.Globalization;
using System.Text.Json;
using ActorDcp.Host.CommandLine;
using ActorDcp.Producer;
using ActorDcp.Producer.Access;
using ActorDcp.Producer.Buckets;

namespace ActorDcp.Host.Tests.Doctor;

/// <summary>What <c>doctor</c> says of clusters that are well, and of those that are not.</summary>
public sealed class DoctorTests
{
    private const string User = "reader";
    private const string Secret = "reader-s3cret";

    [Fact]
    public async Task A_cluster_that_is_well_gets_a_table_and_exit_code_0()
    {
        await using var producer = await EmbeddedProducer.StartAsync(
            new EmbeddedProducerOptions { VBuckets = 12, Nodes = 2, Replicas = 1, Ephemeral = true, HttpPort = 0 });

        var (code, output, error) = await RunAsync(Arguments(producer.ConnectionString));

        Assert.True(code == 0, output + error);
        Assert.Empty(error);
        foreach (var words in (string[])["all well", "SCRAM-SHA512", "7.6.11", "ephemeral", "every vbucket has an active copy", "management port", "median of 5", "a DCP connection opens"])
            Assert.Contains(words, output, StringComparison.Ordinal);
        foreach (var node in producer.Nodes)
            Assert.Contains($"127.0.0.1:{node.Endpoint.Port}", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task As_json_each_check_has_a_state_and_each_refusal_its_meaning()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 4, UnderstandsMarkersV22 = false });

        var checks = await ExamineAsync(0, Arguments(producer.ConnectionString));

        Assert.True(Find(checks, "round trip").GetProperty("milliseconds").GetDouble() > 0);
        var refused = Find(checks, "control max_marker_version");
        Assert.Equal("note", refused.GetProperty("state").GetString());
        Assert.Contains("7.6", refused.GetProperty("mend").GetString(), StringComparison.Ordinal);
        Assert.Contains("connection_buffer_size", Find(checks, "controls").GetProperty("seen").GetString(), StringComparison.Ordinal);
        Assert.Contains("Collections", Find(checks, "features").GetProperty("seen").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--password", "not-it", "login", "--password-file")]
    [InlineData("--user", "nobody", "login", "--user")]
    [InlineData("--bucket", "nosuch", "bucket", "--bucket")]
    public async Task A_wrong_option_is_named(string option, string value, string check, string mend)
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 4 });

        var checks = await ExamineAsync(1, Arguments(producer.ConnectionString), option, value);

        AssertBroken(checks, check, mend);
        Assert.Equal("ok", Find(checks, "data port").GetProperty("state").GetString());
        Assert.DoesNotContain("not-it", JsonSerializer.Serialize(checks), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ProducerPrivileges.DataReader, "DCP privilege")]
    [InlineData(ProducerPrivileges.DcpReader & ~ProducerPrivileges.DcpStream, "stream")]
    public async Task A_user_without_the_privilege_is_told_which_role_to_get(ProducerPrivileges privileges, string check)
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions
        {
            VBuckets = 4,
            Users = [new ProducerUser { Name = User, Password = Secret, Privileges = privileges }],
        });

        var checks = await ExamineAsync(1, Arguments(producer.ConnectionString), "--user", User, "--password", Secret);

        AssertBroken(checks, check, "Data DCP Reader");
        Assert.Equal("ok", Find(checks, "login").GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_closed_port_is_told_apart_from_a_refusal()
    {
        var checks = await ExamineAsync(1, Arguments($"couchbase://127.0.0.1:{FreePort.Find()}"));

        AssertBroken(checks, "data port", "is the node running");
        Assert.DoesNotContain(checks, check => check.GetProperty("check").GetString() == "login");
    }

    [Fact]
    public async Task A_node_that_is_down_is_found_though_others_answer()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 8, Nodes = 2 });
        var (up, down) = (producer.Nodes[0].Endpoint.Port, producer.Nodes[1].Endpoint.Port);
        await producer.StopNodeAsync(producer.Nodes[1].Id);

        var checks = await ExamineAsync(1, Arguments($"couchbase://127.0.0.1:{up}"));

        Assert.Contains(checks, check => IsOf(check, "data port", "broken") && check.GetProperty("node").GetString() == $"127.0.0.1:{down}");
        Assert.Contains(checks, check => IsOf(check, "DCP privilege", "ok") && check.GetProperty("node").GetString() == $"127.0.0.1:{up}");
    }

    [Fact]
    public async Task VBuckets_without_an_owner_are_listed()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 8 });
        foreach (var vbucket in (int[])[2, 3, 4, 7])
            producer.SetState(VBucketId.From(vbucket), VBucketState.Dead);

        var checks = await ExamineAsync(1, Arguments(producer.ConnectionString));

        AssertBroken(checks, "owners", "rebalance");
        Assert.Contains("2-4,7 (4 of 8)", Find(checks, "owners").GetProperty("seen").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3600, 1, "broken", "ahead of")]
    [InlineData(-3600, 1, "broken", "behind")]
    [InlineData(-12, 0, "warning", "behind")]
    public async Task A_clock_that_differs_is_told_by_how_much(int seconds, int exit, string state, string words)
    {
        await using var producer = await EmbeddedProducer.StartAsync(
            new EmbeddedProducerOptions { VBuckets = 2, TimeProvider = new ShiftedTime(TimeSpan.FromSeconds(seconds)) });

        var clock = Find(await ExamineAsync(exit, Arguments(producer.ConnectionString)), "clock");

        Assert.Equal(state, clock.GetProperty("state").GetString());
        Assert.Contains(words, clock.GetProperty("seen").GetString(), StringComparison.Ordinal);
        Assert.Equal(seconds < 0, clock.GetProperty("milliseconds").GetDouble() < 0);
        Assert.Contains("NTP", clock.GetProperty("mend").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plain_without_tls_works_and_is_warned_of()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 2 });

        var checks = await ExamineAsync(0, Arguments(producer.ConnectionString), "--auth", "plain");

        Assert.Equal("warning", Find(checks, "login").GetProperty("state").GetString());
    }

    [Fact]
    public async Task Tls_and_a_client_certificate_are_shown_with_their_facts()
    {
        using var certificates = new TestCertificates();
        await using var producer = await StartTlsAsync(certificates, DateTimeOffset.UtcNow.AddDays(30));
        var (certificate, key) = certificates.Client("Administrator");

        var checks = await ExamineAsync(
            0, ["--connection", producer.TlsConnectionString!, "--ca", certificates.AuthorityFile, "--cert", certificate, "--key", key]);

        Assert.Contains("CN=node", Find(checks, "TLS").GetProperty("seen").GetString(), StringComparison.Ordinal);
        Assert.Contains("client certificate", Find(checks, "login").GetProperty("seen").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_expired_or_soon_will_is_found()
    {
        using var certificates = new TestCertificates();
        await using var expired = await StartTlsAsync(certificates, DateTimeOffset.UtcNow.AddDays(-1));
        await using var expiring = await StartTlsAsync(certificates, DateTimeOffset.UtcNow.AddDays(2));

        AssertBroken(await ExamineAsync(1, Arguments(expired.TlsConnectionString!), "--ca", certificates.AuthorityFile), "TLS", "renew");
        var soon = Find(await ExamineAsync(0, Arguments(expiring.TlsConnectionString!), "--ca", certificates.AuthorityFile), "TLS");
        Assert.Equal("warning", soon.GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_certificate_of_an_unknown_authority_names_the_option_to_give()
    {
        using var certificates = new TestCertificates();
        using var others = new TestCertificates();
        await using var producer = await StartTlsAsync(certificates, DateTimeOffset.UtcNow.AddDays(30));

        AssertBroken(await ExamineAsync(1, Arguments(producer.TlsConnectionString!), "--ca", others.AuthorityFile), "TLS", "--ca");
    }

    [Fact]
    public async Task Tls_to_the_plain_port_and_plain_to_the_tls_port_are_told()
    {
        using var certificates = new TestCertificates();
        await using var producer = await StartTlsAsync(certificates, DateTimeOffset.UtcNow.AddDays(30));

        var plain = await ExamineAsync(1, Arguments($"couchbase://127.0.0.1:{producer.TlsEndpoint!.Port}"));
        var tls = await ExamineAsync(1, Arguments($"couchbases://127.0.0.1:{producer.Endpoint.Port}"), "--ca", certificates.AuthorityFile);

        AssertBroken(plain, "login", "couchbases://");
        Assert.Contains(tls, check => check.GetProperty("state").GetString() == "broken" && check.GetProperty("check").GetString() is "login" or "TLS");
    }

    [Fact]
    public async Task An_option_of_the_text_that_is_not_known_is_wrong_usage()
    {
        var (code, output, error) = await RunAsync(Arguments("couchbase://127.0.0.1?kv_timeout=5s"));

        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.Contains("\"kv_timeout\"", error, StringComparison.Ordinal);
    }

    private static Task<EmbeddedProducer> StartTlsAsync(TestCertificates certificates, DateTimeOffset until) => EmbeddedProducer.StartAsync(
        new EmbeddedProducerOptions { VBuckets = 2, TlsCertificate = certificates.Node(until), ClientCertificateAuthority = certificates.Authority });

    private static string[] Arguments(string connection) =>
        ["--connection", connection, "--user", "Administrator", "--password", EmbeddedProducerOptions.DefaultPassword];

    /// <summary>Runs with <c>--json</c>; later options take the place of the same earlier ones.</summary>
    private static async Task<IReadOnlyList<JsonElement>> ExamineAsync(int exit, string[] arguments, params string[] changed)
    {
        for (var i = 0; i < changed.Length; i += 2)
        {
            var at = Array.IndexOf(arguments, changed[i]);
            arguments = at < 0 ? [.. arguments, changed[i], changed[i + 1]] : [.. arguments[..(at + 1)], changed[i + 1], .. arguments[(at + 2)..]];
        }
        var (code, output, error) = await RunAsync([.. arguments, "--json"]);
        Assert.True(code == exit, $"{code}: {output}{error}");
        var root = JsonDocument.Parse(Assert.Single(output.Trim().Split('\n'))).RootElement;
        Assert.Equal(exit == 0, root.GetProperty("well").GetBoolean());
        return [.. root.GetProperty("checks").EnumerateArray()];
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(string[] arguments)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        using var error = new StringWriter(CultureInfo.InvariantCulture);
        var code = await ActorDcpCommandLine.RunAsync(["doctor", .. arguments], output, error).WaitAsync(TimeSpan.FromSeconds(90));
        return (code, output.ToString(), error.ToString());
    }

    private static JsonElement Find(IReadOnlyList<JsonElement> checks, string name) =>
        checks.First(check => check.GetProperty("check").GetString() == name);

    private static bool IsOf(JsonElement check, string name, string state) =>
        check.GetProperty("check").GetString() == name && check.GetProperty("state").GetString() == state;

    private static void AssertBroken(IReadOnlyList<JsonElement> checks, string name, string mend)
    {
        var broken = checks.FirstOrDefault(check => IsOf(check, name, "broken"));
        Assert.True(broken.ValueKind == JsonValueKind.Object, JsonSerializer.Serialize(checks));
        Assert.Contains(mend, broken.GetProperty("mend").GetString(), StringComparison.Ordinal);
    }

    private sealed class ShiftedTime(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
    }
}
