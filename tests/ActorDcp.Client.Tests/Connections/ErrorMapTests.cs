using System.Text;
using ActorDcp.Producer;
using ActorDcp.Protocol;

namespace ActorDcp.Client.Tests.Connections;

/// <summary>The node's error map: asked for without a wait, done without, and what it says of statuses that the reference does not know.</summary>
public sealed class ErrorMapTests
{
    private const Status Unknown = (Status)0x7abc;
    private static readonly StreamRequest Request = new(new VBucketId(3), StreamOffset.Beginning, Seqno.Max);

    [Fact]
    public async Task It_is_asked_for_behind_the_greeting_without_a_wait_for_its_answer()
    {
        await using var server = new ScriptedServer(async node =>
        {
            var hello = await node.ReadAsync();
            var map = await node.ReadAsync();
            Assert.Equal((Opcode.Helo, Opcode.GetErrorMap), ((Opcode)hello[1], (Opcode)map[1]));
            Assert.Equal([0, 2], Frame.Read(map).Value.ToArray());
            await node.AnswerAsync(hello, Status.Success, Frame.Read(hello).Value.ToArray());
            await node.AnswerAsync(map, Status.Success, Map("retry-later"));
            await node.LetInAsync();
        });

        await using var connection = await Options.For(server.Endpoint).OpenAsync();

        Assert.Equal("MOON_LOCKED", connection.Info.ErrorMap.Errors[Unknown].Name);
        Assert.Empty(server.Faults);
    }

    [Theory]
    [InlineData("refused")]
    [InlineData("empty")]
    [InlineData("garbage")]
    [InlineData("a list")]
    [InlineData("never")]
    public async Task A_node_without_one_is_entered_all_the_same(string answer)
    {
        await using var server = new ScriptedServer(async node =>
        {
            if (answer == "never")
                await SkipMapAsync(node);
            var frame = await node.LetInAsync(errorMap: answer switch
            {
                "refused" => null,
                "empty" => [],
                "garbage" => "{\"errors\":"u8.ToArray(),
                _ => "[]"u8.ToArray(),
            });
            await node.AnswerAsync(frame, Unknown);
            await node.ReadAsync(Opcode.Quit);
        });

        await using var connection = await Options.For(server.Endpoint).OpenAsync();
        var refused = Assert.IsType<StreamRequestResult.Refused>(await connection.RequestStreamAsync(Request, CancellationToken.None));

        Assert.Equal((StatusCourse.Mend, "status 0x7abc"), (refused.Meaning.Course, refused.Words));
        Assert.Empty(connection.Info.ErrorMap.Errors);
        Assert.Empty(server.Faults);
    }

    [Theory]
    [InlineData("temp,retry-later", StatusCourse.PassesByItself)]
    [InlineData("retry-now", StatusCourse.PassesByItself)]
    [InlineData("rate-limit,dcp", StatusCourse.PassesByItself)]
    [InlineData("item-locked,item-only", StatusCourse.PassesByItself)]
    [InlineData("internal", StatusCourse.PassesByItself)]
    [InlineData("fetch-config,invalid-input", StatusCourse.NewMap)]
    [InlineData("no-retry,temp", StatusCourse.Mend)]
    [InlineData("item-only,internal", StatusCourse.Mend)]
    [InlineData("item-only,system-constraint", StatusCourse.Mend)]
    [InlineData("support", StatusCourse.Mend)]
    [InlineData("invalid-input,internal", StatusCourse.Mend)]
    [InlineData("special-handling,dcp", StatusCourse.Mend)]
    [InlineData("success", StatusCourse.Mend)]
    [InlineData("an-attribute-of-tomorrow", StatusCourse.Mend)]
    [InlineData("", StatusCourse.Mend)]
    public async Task An_unknown_status_goes_by_the_attributes_that_the_node_gives_it(string attributes, StatusCourse course)
    {
        await using var server = RefusingServer(attributes);
        await using var connection = await Options.For(server.Endpoint).OpenAsync();

        var refused = Assert.IsType<StreamRequestResult.Refused>(await connection.RequestStreamAsync(Request, CancellationToken.None));

        Assert.Equal(course, refused.Meaning.Course);
        Assert.StartsWith("MOON_LOCKED (0x7abc, the moon is locked): because of moons", refused.Words, StringComparison.Ordinal);
        Assert.True(course != StatusCourse.Mend || refused.Meaning.Mend.Length > 10);
        Assert.False(connection.Completion.IsCompleted);
    }

    [Theory]
    [InlineData("conn-state-invalidated")]
    [InlineData("conn-state-invalidated,rate-limit")]
    [InlineData("auth,conn-state-invalidated")]
    [InlineData("auth")]
    public async Task An_unknown_status_that_takes_the_connection_back_ends_it(string attributes)
    {
        await using var server = RefusingServer(attributes);
        await using var connection = await Options.For(server.Endpoint).OpenAsync();

        await Assert.ThrowsAsync<KvConnectionException>(() => connection.RequestStreamAsync(Request, CancellationToken.None));

        var cause = Assert.IsType<KvConnectionException>(await connection.Completion.InTimeAsync());
        Assert.Contains("MOON_LOCKED (0x7abc, the moon is locked): because of moons", cause.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("temp", true)]
    [InlineData("support", false)]
    public async Task An_unknown_status_that_refuses_the_connection_is_retried_only_where_it_passes(string attributes, bool isRetryable)
    {
        await using var server = new ScriptedServer(async node =>
        {
            while (true)
            {
                var frame = await node.ReadAsync();
                if ((Opcode)frame[1] == Opcode.GetErrorMap)
                    await node.AnswerAsync(frame, Status.Success, Map(attributes));
                else if ((Opcode)frame[1] == Opcode.DcpOpen)
                    await node.AnswerAsync(frame, Unknown);
                else
                    await node.AnswerAsync(frame, Status.Success);
            }
        });

        var refused = await Assert.ThrowsAsync<KvConnectionException>(() => Options.For(server.Endpoint).OpenAsync());

        Assert.Equal((isRetryable, Unknown), (refused.IsRetryable, refused.Status));
        Assert.Contains("MOON_LOCKED (0x7abc, the moon is locked)", refused.Message, StringComparison.Ordinal);
        Assert.Contains(refused.Meaning!.Mend, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_reference_knows_keeps_its_meaning_and_name_whatever_the_map_says()
    {
        await using var server = new ScriptedServer(async node =>
        {
            var frame = await node.LetInAsync(errorMap: """{"version":2,"revision":1,"errors":{"86":{"name":"X","desc":"Y","attrs":["no-retry"]}}}"""u8.ToArray());
            await node.AnswerAsync(frame, Status.TemporaryFailure);
            await node.ReadAsync(Opcode.Quit);
        });
        await using var connection = await Options.For(server.Endpoint).OpenAsync();

        var refused = Assert.IsType<StreamRequestResult.Refused>(await connection.RequestStreamAsync(Request, CancellationToken.None));

        Assert.Equal((StatusCourse.PassesByItself, "TemporaryFailure (0x86)"), (refused.Meaning.Course, refused.Words));
    }

    // a 7.6 node explains these two, which the reference no longer knows
    [Theory]
    [InlineData(0x89, "NO_COLLECTIONS_MANIFEST (0x89, no collections manifest)")]
    [InlineData(0x34, "SCOPE_SIZE_LIMIT_EXCEEDED (0x34, scope size limit exceeded)")]
    public async Task The_map_of_a_real_node_explains_what_the_reference_does_not_know(int status, string words)
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 4 });
        await using var connection = await Options.For(producer).OpenAsync();
        producer.AnswerNext((Status)status, 1, Opcode.DcpStreamReq);
        producer.AnswerNext((Status)status, 1, Opcode.ObserveSeqno);

        var stream = Assert.IsType<StreamRequestResult.Refused>(await connection.RequestStreamAsync(Request, CancellationToken.None));
        var observed = Assert.IsType<ObserveSeqnoResult.Refused>(
            await connection.ObserveSeqnoAsync(new VBucketId(0), new VBucketUuid(1), CancellationToken.None));

        Assert.Equal(StatusCourse.PassesByItself, stream.Meaning.Course);
        Assert.Equal((words, words), (stream.Words, observed.Words));
    }

    private static ScriptedServer RefusingServer(string attributes) => new(async node =>
    {
        var frame = await node.LetInAsync(errorMap: Map(attributes));
        await node.AnswerAsync(frame, Unknown, """{"error":{"context":"because of moons"}}"""u8.ToArray());
        await node.ReadAsync(Opcode.Quit);
    });

    private static async Task SkipMapAsync(ScriptedConnection node)
    {
        var hello = await node.ReadAsync();
        await node.AnswerAsync(hello, Status.Success, Frame.Read(hello).Value.ToArray());
        Assert.Equal(Opcode.GetErrorMap, (Opcode)(await node.ReadAsync())[1]);
    }

    private static byte[] Map(string attributes) => Encoding.UTF8.GetBytes(
        $$$$"""{"version":2,"revision":9,"errors":{"7abc":{"name":"MOON_LOCKED","desc":"the moon is locked","attrs":[{{{{Quoted(attributes)}}}}]}}}""");

    private static string Quoted(string attributes) => string.Join(',', attributes.Split(',').Select(each => $"\"{each}\""));
}
