using System.CommandLine;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ActorDcp.EndToEnd.Tests.BackPressure;
using ActorDcp.Host.Drain;
using ActorDcp.Producer;
using ActorDcp.Producer.Tests;
using ActorDcp.Protocol;
using Microsoft.Extensions.Logging.Abstractions;
using Spectre.Console;

namespace ActorDcp.EndToEnd.Tests;

/// <summary>Each switch of <c>drain</c> as it is written on the command line: what the node is asked for, and what the lines show.</summary>
public sealed class DrainOptionTests
{
    private const int OpenFlagsOffset = 24 + 4;

    [Theory]
    [InlineData("", 0x01, "enable_noop=true connection_buffer_size=20971520", "set_priority enable_stream_id enable_sync_writes enable_out_of_order_snapshots force_value_compression enable_expiry_opcode")]
    [InlineData("--xattrs", 0x05, "", "")]
    [InlineData("--no-value", 0x09, "", "")]
    [InlineData("--delete-times", 0x21, "enable_expiry_opcode=true", "")]
    [InlineData("--xattrs --no-value --delete-times", 0x2d, "", "")]
    [InlineData("--priority", 0x01, "set_priority=high", "")]
    [InlineData("--priority low", 0x01, "set_priority=low", "")]
    [InlineData("--compression forced", 0x01, "force_value_compression=true", "")]
    [InlineData("--oso", 0x01, "enable_out_of_order_snapshots=true_with_seqno_advanced", "")]
    [InlineData("--stream-ids", 0x01, "enable_stream_id=true", "")]
    [InlineData("--sync-writes", 0x01, "enable_sync_writes=true", "")]
    [InlineData("--buffer 1MiB", 0x01, "connection_buffer_size=1048576", "")]
    public async Task A_switch_is_what_the_node_is_asked_for(string switches, int flags, string controls, string notAskedFor)
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(1));
        producer.Bucket.Set(new VBucketId(0), "k", "{}"u8);
        var opened = new ConcurrentBag<int>();
        var asked = new ConcurrentBag<string>();
        await using var relay = new FrameRelay(producer.Endpoint.Port, toProducer: frame =>
        {
            if (FrameRelay.Opcode(frame) == (byte)Opcode.DcpOpen)
                opened.Add(frame[OpenFlagsOffset + 3]);
            if (FrameRelay.Opcode(frame) == (byte)Opcode.DcpControl)
                asked.Add($"{Encoding.ASCII.GetString(Frame.Read(frame).Key)}={Encoding.ASCII.GetString(Frame.Read(frame).Value)}");
            return [frame];
        });

        var lines = await DrainAsync($"couchbase://127.0.0.1:{relay.Port}", switches);

        Assert.Contains(lines, line => Type(line) == "mutation");
        Assert.Equal(flags, Assert.Single(opened));
        foreach (var control in controls.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            Assert.Contains(control, asked);
        foreach (var key in notAskedFor.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            Assert.DoesNotContain(asked, control => control.StartsWith(key, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Attributes_are_in_length_and_hash_where_they_are_asked_for_and_never_in_the_value()
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(1));
        await EveryDocument.WriteAsync(producer);

        foreach (var (switches, hasAttributes) in new[] { ("--values", false), ("--values --xattrs", true) })
        {
            var lines = await DrainAsync(producer.ConnectionString, switches);
            foreach (var (key, value) in EveryDocument.Values)
            {
                var line = Assert.Single(lines, line => Type(line) == "mutation" && line.GetProperty("key").GetString() == key);
                var isWith = key.EndsWith("attributes", StringComparison.Ordinal);
                AssertValue(line, hasAttributes ? value : EveryDocument.Body(key), datatype: isWith && hasAttributes ? 5 : 1);
                Assert.Equal(key, line.GetProperty("value").GetProperty("key").GetString());
            }
            var deleted = Assert.Single(lines, line => Type(line) == "deletion");
            AssertValue(deleted, hasAttributes ? EveryDocument.Section : [], datatype: hasAttributes ? 4 : 0);
        }
    }

    [Fact]
    public async Task Without_values_lines_tell_everything_else()
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(1));
        await EveryDocument.WriteAsync(producer);

        var plain = await DrainAsync(producer.ConnectionString, "--no-value --values");
        var attributes = await DrainAsync(producer.ConnectionString, "--no-value --xattrs");

        foreach (var key in EveryDocument.Values.Keys)
        {
            AssertValue(Assert.Single(plain, line => IsOf(line, key)), [], datatype: 0);
            var isWith = key.EndsWith("attributes", StringComparison.Ordinal);
            AssertValue(Assert.Single(attributes, line => IsOf(line, key)), isWith ? EveryDocument.Section : [], datatype: isWith ? 4 : 0);
        }
    }

    [Fact]
    public async Task However_values_travel_the_lines_are_the_same_and_compressed_ones_cost_fewer_bytes()
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(1));
        await EveryDocument.WriteAsync(producer);
        var (lines, bytes) = (new List<string>(), new List<long>());

        foreach (var how in (string[])["off", "on", "forced"])
        {
            using var stream = new MemoryStream();
            using var deadline = new CancellationTokenSource(DrainFixture.Deadline);
            using var output = new JsonLinesOutput(stream, values: true, systemEvents: false);
            await using var session = new DrainSession(
                Options(producer.ConnectionString, $"--xattrs --compression {how}"), output, TimeProvider.System, NullLogger.Instance);
            await session.RunAsync(deadline.Token);
            lines.Add(string.Join('\n', DrainFixture.Lines(stream).Where(line => Type(line) is "mutation" or "deletion").Select(line => line.GetRawText())));
            bytes.Add(session.Counters.Bytes);
        }

        Assert.Equal(lines[0], lines[1]);
        Assert.Equal(lines[0], lines[2]);
        Assert.True(bytes[0] > bytes[1] && bytes[1] > bytes[2], $"off {bytes[0]}, on {bytes[1]}, forced {bytes[2]} bytes");
    }

    [Fact]
    public async Task Deletions_have_a_time_and_expirations_are_such_only_where_times_are_asked_for()
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(1));
        producer.Bucket.Set("expired", "{}", expiry: 3_000_000);
        producer.Bucket.Set("deleted", "{}");
        producer.Bucket.Delete("deleted");
        producer.Bucket.RunExpiryPager();

        var without = await DrainAsync(producer.ConnectionString, "");
        var with = await DrainAsync(producer.ConnectionString, "--delete-times");

        Assert.All(["expired", "deleted"], key => Assert.Equal(("deletion", 0u), Removal(Assert.Single(without, line => IsOf(line, key)))));
        var (type, time) = Removal(Assert.Single(with, line => IsOf(line, "expired")));
        Assert.Equal("expiration", type);
        Assert.InRange(time, 1u, uint.MaxValue);
        (type, time) = Removal(Assert.Single(with, line => IsOf(line, "deleted")));
        Assert.Equal("deletion", type);
        Assert.InRange(time, 1u, uint.MaxValue);

        static (string?, uint) Removal(JsonElement line) => (Type(line), line.GetProperty("delete_time").GetUInt32());
    }

    [Fact]
    public async Task Prepares_commits_and_aborts_are_lines_where_they_are_asked_for()
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(1).Nodes(2).Replicas(1));
        using var stream = new MemoryStream();
        using var deadline = new CancellationTokenSource(DrainFixture.Deadline);
        using var output = new JsonLinesOutput(stream, values: false, systemEvents: false);
        await using var session = new DrainSession(
            Options(producer.ConnectionString, "--sync-writes --until count:1"), output, TimeProvider.System, NullLogger.Instance);
        var running = session.RunAsync(deadline.Token);
        await Eventually.TrueAsync(() => session.VBuckets is [{ Accepted.IsEmpty: false }], () => "the stream is not open");
        await DurableWrites.CommitAndAbortAsync(producer);
        await running;

        Assert.Equal(DurableWrites.FromMemory, DurableWrites.Show(DrainFixture.Lines(stream)));
        Assert.Equal(DurableWrites.FromDisk, DurableWrites.Show(await DrainAsync(producer.ConnectionString, "--sync-writes")));
        Assert.Equal(DurableWrites.NotAskedFor, DurableWrites.Show(await DrainAsync(producer.ConnectionString, "")));
    }

    [Fact]
    public async Task System_events_are_lines_where_they_are_asked_for()
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(1));
        producer.Bucket.Collections.CreateScope("inventory");
        producer.Bucket.Collections.CreateCollection("inventory", "hotels", maxTtl: 77);

        Assert.DoesNotContain(await DrainAsync(producer.ConnectionString, ""), line => Type(line) == "system_event");
        var events = (await DrainAsync(producer.ConnectionString, "--system-events")).Where(line => Type(line) == "system_event").ToList();

        Assert.Equal(["scope_create inventory", "collection_begin hotels"], events.Select(line => $"{line.GetProperty("event").GetString()} {line.GetProperty("name").GetString()}"));
        Assert.Equal(77, events[1].GetProperty("max_ttl").GetInt32());
        Assert.Equal(events[0].GetProperty("scope").GetInt32(), events[1].GetProperty("scope").GetInt32());
    }

    [Fact]
    public async Task Only_the_vbuckets_asked_for_are_streamed_by_whichever_login()
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(8));
        foreach (var vbucket in Enumerable.Range(0, 8))
            producer.Bucket.Set(VBucketId.From(vbucket), "k", "{}"u8);

        foreach (var how in (string[])["auto", "plain", "scram-sha1", "scram-sha256", "scram-sha512"])
        {
            var lines = await DrainAsync(producer.ConnectionString, $"--vbuckets 1-2,5 --auth {how}");
            Assert.Equal([1, 2, 5], lines.Where(line => Type(line) == "mutation").Select(line => line.GetProperty("vb").GetInt32()).Order());
        }
    }

    [Fact]
    public async Task Lines_and_offsets_go_to_files_and_a_later_drain_begins_there()
    {
        using var folder = new TestFolder();
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(4));
        for (var i = 0; i < 40; i++)
            producer.Bucket.Set($"k{i}", "{}");
        string[] where = ["drain", "--connection", producer.ConnectionString, "--user", "Administrator", "--password", EmbeddedProducerOptions.DefaultPassword];
        var (file, offsets) = (folder.File("out.jsonl"), folder.File("offsets.json"));

        var first = await HostProcess.RunAsync([.. where, "--out", file, "--save-offsets", offsets]);
        producer.Bucket.Set("later", "{}");
        var second = await HostProcess.RunAsync([.. where, "--from", offsets]);
        var none = await HostProcess.RunAsync([.. where, "--format", "none"]);

        Assert.Equal((0, "", ""), (first.ExitCode, first.Output, first.Error));
        Assert.Equal(40, File.ReadLines(file).Count(line => line.Contains("\"type\":\"mutation\"", StringComparison.Ordinal)));
        Assert.Contains("\"key\":\"later\"", Assert.Single(second.Output.Split('\n'), line => line.Contains("\"type\":\"mutation\"", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal((0, ""), (none.ExitCode, none.Output));
    }

    [Fact]
    public async Task A_bar_shows_how_far_the_drain_is()
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(4));
        for (var i = 0; i < 120; i++)
            producer.Bucket.Set($"k{i}", "{}");
        using var text = new StringWriter();
        using var deadline = new CancellationTokenSource(DrainFixture.Deadline);
        await using var session = new DrainSession(Options(producer.ConnectionString, ""), new NoOutput(), TimeProvider.System, NullLogger.Instance);

        using (new DrainProgress(session, new AnsiConsoleOutput(text), TimeProvider.System))
            await session.RunAsync(deadline.Token);

        var last = text.ToString().TrimEnd().Split('\r')[^1];
        Assert.Contains($"{new string('━', 40)} 100 %  120 changes", last, StringComparison.Ordinal);
    }

    private static DrainOptions Options(string connection, string switches)
    {
        var arguments = new DrainArguments();
        var command = new Command("drain");
        foreach (var option in arguments.All)
            command.Options.Add(option);
        var parsed = command.Parse(
            $"--connection {connection} --user Administrator --password {EmbeddedProducerOptions.DefaultPassword} {switches}");
        Assert.Empty(parsed.Errors);
        return arguments.Read(parsed);
    }

    private static async Task<IReadOnlyList<JsonElement>> DrainAsync(string connection, string switches)
    {
        var options = Options(connection, switches);
        using var stream = new MemoryStream();
        using var deadline = new CancellationTokenSource(DrainFixture.Deadline);
        using var output = new JsonLinesOutput(stream, switches.Contains("--values", StringComparison.Ordinal), options.SystemEvents);
        await using var session = new DrainSession(options, output, TimeProvider.System, NullLogger.Instance);
        await session.RunAsync(deadline.Token);
        return DrainFixture.Lines(stream);
    }

    private static bool IsOf(JsonElement line, string key) => line.TryGetProperty("key", out var found) && found.GetString() == key;

    private static string? Type(JsonElement line) => line.GetProperty("type").GetString();

    private static void AssertValue(JsonElement line, byte[] value, int datatype)
    {
        Assert.Equal(value.Length, line.GetProperty("len").GetInt32());
#pragma warning disable CA5350 // a fingerprint to compare values by
        Assert.Equal(Convert.ToHexStringLower(SHA1.HashData(value)), line.GetProperty("sha1").GetString());
#pragma warning restore CA5350
        Assert.Equal(datatype, line.GetProperty("datatype").GetInt32());
    }
}
