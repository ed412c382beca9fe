using System.Buffers;
using System.Globalization;
using System.Text;
using ActorDcp.EndToEnd.Tests.BackPressure;
using ActorDcp.EndToEnd.Tests.Members;
using ActorDcp.Host.CommandLine;
using ActorDcp.Host.Drain;
using ActorDcp.Producer;
using ActorDcp.Producer.Access;
using ActorDcp.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ActorDcp.EndToEnd.Tests.Refusals;

/// <summary>What a node says of its refusal reaches whoever looks: in the log, in the status, in what a drain ends with, and in doctor's table.</summary>
public sealed class RefusalWordsTests
{
    private const string Context = "the moon stands wrong";
    private const string Reference = "4711-0815";

    [Theory]
    [InlineData(Status.TemporaryFailure, LogLevel.Warning, "opening")]
    [InlineData(Status.NoAccess, LogLevel.Error, "failed")]
    [InlineData((Status)0x7123, LogLevel.Error, "failed")]
    public async Task A_member_shows_them_in_log_and_status_and_goes_on_when_the_node_lets_it(Status status, LogLevel level, string state)
    {
        using var folder = new TestFolder();
        using var logs = new RecordingLogs();
        await using var producer = await StartAsync();
        var refuses = true;
        await using var relay = new FrameRelay(producer.Endpoint.Port, toClient: (_, frame) => [refuses ? Refused(frame, status) : frame]);
        await using var member = await TestMember.StartAsync(
            Text(relay), folder.Path, builder => builder.Services.AddSingleton<ILoggerProvider>(logs));
        var code = string.Create(CultureInfo.InvariantCulture, $"0x{(ushort)status:x2}");

        string? reason = null;
        await Eventually.TrueAsync(
            async () =>
            {
                var row = (await member.Group.GetStatusAsync(CancellationToken.None)).VBuckets.FirstOrDefault(row => row.Reason?.Contains(Context, StringComparison.Ordinal) == true);
                reason = row?.Reason;
                return row is not null && string.Equals(row.State, state, StringComparison.OrdinalIgnoreCase);
            },
            () => reason ?? "no such status");
        Assert.Contains(code, reason, StringComparison.Ordinal);
        Assert.Contains(Reference, reason, StringComparison.Ordinal);
        Assert.Contains(Client.StatusMeaning.Of(status).Mend, reason, StringComparison.Ordinal);
        Assert.Contains(logs.Lines, line =>
            line.Level == level && line.Text.Contains(Context, StringComparison.Ordinal)
            && line.Text.Contains(Reference, StringComparison.Ordinal) && line.Text.Contains(code, StringComparison.Ordinal));
        refuses = false;
        await member.CaughtUpAsync(producer);
    }

    [Theory]
    [InlineData(Status.NotSupported, "leave special stream options out")]
    [InlineData(Status.NoAccess, "Data DCP Reader")]
    public async Task A_drain_ends_with_them_and_the_mend(Status status, string mend)
    {
        await using var producer = await StartAsync();
        await using var relay = new FrameRelay(producer.Endpoint.Port, toClient: (_, frame) => [Refused(frame, status)]);

        var error = await Assert.ThrowsAsync<FailureException>(
            () => DrainFixture.DrainAsync(DrainFixture.Options(Text(relay)) with { Until = new DrainEnd.Now() }));

        foreach (var words in (string[])[Context, Reference, mend])
            Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_status_that_only_the_node_knows_is_told_as_the_node_explains_it()
    {
        const Status status = (Status)0x7abc;
        const string words = "MOON_LOCKED (0x7abc, the moon is locked)";
        const string mend = "the node says that asking again is useless";
        using var folder = new TestFolder();
        using var logs = new RecordingLogs();
        await using var producer = await StartAsync();
        await using var relay = new FrameRelay(producer.Endpoint.Port, toClient: (_, frame) => [Explained(Refused(frame, status))]);
        await using var member = await TestMember.StartAsync(
            Text(relay), folder.Path, builder => builder.Services.AddSingleton<ILoggerProvider>(logs));

        await Eventually.TrueAsync(
            async () => (await member.Group.GetStatusAsync(CancellationToken.None)).VBuckets.Any(
                row => row.State.Equals("failed", StringComparison.OrdinalIgnoreCase)
                    && row.Reason?.Contains(words, StringComparison.Ordinal) == true && row.Reason.Contains(mend, StringComparison.Ordinal)),
            () => "no such status");
        Assert.Contains(logs.Lines, line => line.Level == LogLevel.Error && line.Text.Contains(words, StringComparison.Ordinal));
        var error = await Assert.ThrowsAsync<FailureException>(
            () => DrainFixture.DrainAsync(DrainFixture.Options(Text(relay)) with { Until = new DrainEnd.Now() }));
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.Contains(mend, error.Message, StringComparison.Ordinal);
        var (code, output) = await DoctorAsync(relay);
        Assert.Equal(1, code);
        Assert.Contains(words, output, StringComparison.Ordinal);
        Assert.Contains(mend, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_drain_that_is_not_let_in_does_not_take_the_node_for_away()
    {
        await using var producer = await StartAsync();
        producer.AnswerNext(Status.NotSupported, 1, Opcode.DcpOpen);

        var error = await Assert.ThrowsAsync<FailureException>(
            () => DrainFixture.DrainAsync(DrainFixture.Options(producer) with { Until = new DrainEnd.Now() }));

        Assert.Contains("NotSupported (0x83); this server cannot do what was asked for", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("reached", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Status.TemporaryFailure, "passes by itself")]
    [InlineData(Status.BucketPaused, "resume it")]
    [InlineData(Status.NotSupported, "leave special stream options out")]
    [InlineData(Status.NoAccess, "Data DCP Reader")]
    public async Task Doctor_shows_them_with_what_they_mean(Status status, string mend)
    {
        await using var producer = await StartAsync();
        await using var relay = new FrameRelay(producer.Endpoint.Port, toClient: (_, frame) => [Refused(frame, status)]);

        var (code, output) = await DoctorAsync(relay);

        Assert.Equal(1, code);
        foreach (var words in (string[])[Context, Reference, mend])
            Assert.Contains(words, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_who_loses_the_privilege_while_it_streams_is_shown_and_streams_again_when_it_has_it_back()
    {
        using var folder = new TestFolder();
        using var logs = new RecordingLogs();
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(4).KeepHistory().AddUser("reader", "s3cret"));
        await using var member = await TestMember.StartAsync(
            producer, folder.Path, builder => builder.Services.AddSingleton<ILoggerProvider>(logs),
            ("ActorDcp:User", "reader"), ("ActorDcp:Password", "s3cret"));
        Write(producer);
        await member.CaughtUpAsync(producer);

        producer.SetPrivileges("reader", ProducerPrivileges.DcpReader & ~ProducerPrivileges.DcpStream);
        Write(producer);
        var reasons = "";
        await Eventually.TrueAsync(
            async () =>
            {
                var rows = (await member.Group.GetStatusAsync(CancellationToken.None)).VBuckets;
                reasons = string.Join("; ", rows.Select(row => $"{row.State} {row.Reason}"));
                return rows.All(row => row.State.Equals("failed", StringComparison.OrdinalIgnoreCase)
                    && row.Reason?.Contains("give the user the role Data DCP Reader", StringComparison.Ordinal) == true);
            },
            () => reasons);
        Assert.Equal(4, member.Metrics.Total("actordcp.stream.ends", "reason=LostPrivileges"));
        Assert.Contains(logs.Lines, line => line.Level == LogLevel.Error && line.Text.Contains("LostPrivileges", StringComparison.Ordinal)
            && line.Text.Contains("Data DCP Reader", StringComparison.Ordinal));
        // it goes on asking, and is refused by another word then
        await Eventually.TrueAsync(
            () => member.Metrics.Total("actordcp.refusals", $"status={Status.NoAccess}") >= 4, () => "it no longer asks");

        producer.SetPrivileges("reader", ProducerPrivileges.DcpReader);

        await member.CaughtUpAsync(producer);
    }

    [Fact]
    public async Task A_user_who_loses_one_of_the_collections_is_shown_and_streams_again_when_it_has_it_back()
    {
        using var folder = new TestFolder();
        using var logs = new RecordingLogs();
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(2).KeepHistory().AddUser("reader", "s3cret"));
        producer.Bucket.Collections.CreateScope("shop");
        producer.Bucket.Collections.CreateCollection("shop", "orders");
        producer.Bucket.Collections.CreateCollection("shop", "secrets");
        var orders = producer.Bucket.Collection("shop", "orders");
        var secrets = producer.Bucket.Collection("shop", "secrets");
        orders.Set("first", "{}");
        secrets.Set("first", "{}");
        await using var member = await TestMember.StartAsync(
            producer, folder.Path, builder => builder.Services.AddSingleton<ILoggerProvider>(logs), ("ActorDcp:User", "reader"), ("ActorDcp:Password", "s3cret"),
            ("ActorDcp:Stream:Collections", "shop.orders,shop.secrets"));
        await HandledAsync(member, 2);

        producer.SetPrivileges("reader", ProducerPrivileges.DcpReader, [orders.Id]);
        var reasons = "";
        await Eventually.TrueAsync(
            async () =>
            {
                var rows = (await member.Group.GetStatusAsync(CancellationToken.None)).VBuckets;
                reasons = string.Join("; ", rows.Select(row => $"{row.State} {row.Reason}"));
                return rows.All(row => row.Reason?.Contains("give the user", StringComparison.Ordinal) == true
                    && row.Reason.Contains("the user may not see shop.secrets any more, which was not dropped: the whole group waits", StringComparison.Ordinal));
            },
            () => reasons);
        Assert.Single(logs.Lines, line => line.Level == LogLevel.Error && line.Text.Contains("may not see shop.secrets", StringComparison.Ordinal));
        secrets.Set("second", "{}");
        producer.SetPrivileges("reader", ProducerPrivileges.DcpReader);

        await HandledAsync(member, 3);
    }

    private static Task HandledAsync(TestMember member, int events) => Eventually.TrueAsync(
        () => member.Metrics["actordcp.events"] >= events, () => $"{member.Metrics["actordcp.events"]} handled");

    [Fact]
    public async Task A_drain_whose_user_loses_the_privilege_ends_with_the_role_to_give()
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(2).KeepHistory().AddUser("reader", "s3cret"));
        Write(producer);
        var options = DrainFixture.Options(producer);
        var kv = options.Where.Kv with { Credentials = new Client.KvCredentials("reader", "s3cret") };
        options = options with
        {
            Where = new ConnectionChoice(options.Where.Address, kv),
            Connection = options.Connection with { Kv = kv },
            Until = new DrainEnd.Never(),
        };
        using var stream = new MemoryStream();
        using var output = new JsonLinesOutput(stream, values: false, systemEvents: true);
        using var deadline = new CancellationTokenSource(DrainFixture.Deadline);
        await using var session = new DrainSession(options, output, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        var running = session.RunAsync(deadline.Token);
        await Eventually.TrueAsync(() => session.Counters.Items >= 2 || running.IsCompleted, () => "nothing was drained");

        producer.SetPrivileges("reader", ProducerPrivileges.DcpReader & ~ProducerPrivileges.DcpStream);

        var error = await Assert.ThrowsAsync<FailureException>(() => running);
        Assert.Contains("give the user the role Data DCP Reader", error.Message, StringComparison.Ordinal);
    }

    private static async Task<EmbeddedProducer> StartAsync()
    {
        var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(2).KeepHistory());
        Write(producer);
        return producer;
    }

    private static void Write(EmbeddedProducer producer)
    {
        for (var vbucket = 0; vbucket < producer.Bucket.VBucketCount; vbucket++)
            producer.Bucket.Set(VBucketId.From(vbucket), Guid.NewGuid().ToString("n"), "{}"u8);
    }

    private static string Text(FrameRelay relay) => string.Create(CultureInfo.InvariantCulture, $"couchbase://127.0.0.1:{relay.Port}");

    private static async Task<(int Code, string Output)> DoctorAsync(FrameRelay relay)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        using var error = new StringWriter(CultureInfo.InvariantCulture);
        var code = await ActorDcpCommandLine.RunAsync(
            ["doctor", "--connection", Text(relay), "--user", "Administrator", "--password", EmbeddedProducerOptions.DefaultPassword, "--json"], output, error);
        return (code, output.ToString());
    }

    /// <summary>The error map with one status of tomorrow; any other frame as it is.</summary>
    private static byte[] Explained(byte[] frame)
    {
        if (FrameRelay.Magic(frame) != (byte)Magic.Response || FrameRelay.Opcode(frame) != (byte)Opcode.GetErrorMap)
            return frame;
        var output = new ArrayBufferWriter<byte>();
        FrameWriter.WriteResponse(
            output, Opcode.GetErrorMap, Status.Success, FrameHeader.Read(frame).Opaque, datatype: Datatype.Json,
            value: """{"version":2,"revision":10,"errors":{"7abc":{"name":"MOON_LOCKED","desc":"the moon is locked","attrs":["no-retry","temp"]}}}"""u8);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>The answer to a stream request as a refusal with an explanation; any other frame as it is.</summary>
    private static byte[] Refused(byte[] frame, Status status)
    {
        if (FrameRelay.Magic(frame) != (byte)Magic.Response || FrameRelay.Opcode(frame) != (byte)Opcode.DcpStreamReq)
            return frame;
        var output = new ArrayBufferWriter<byte>();
        FrameWriter.WriteResponse(
            output, Opcode.DcpStreamReq, status, FrameHeader.Read(frame).Opaque, datatype: Datatype.Json,
            value: Encoding.UTF8.GetBytes($$$"""{"error":{"context":"{{{Context}}}","ref":"{{{Reference}}}"}}"""));
        return output.WrittenSpan.ToArray();
    }
}
