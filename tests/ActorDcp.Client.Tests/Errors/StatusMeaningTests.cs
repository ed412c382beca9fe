using System.Text;
using ActorDcp.Protocol;

namespace ActorDcp.Client.Tests.Errors;

/// <summary>What a consumer does about each status, against the attributes that dcp-reference.md 1.10 gives it.</summary>
public sealed class StatusMeaningTests
{
    /// <summary>Where the consumer's duty is not what the attributes say, and the section that says so.</summary>
    private static readonly Dictionary<Status, StatusCourse> Special = new()
    {
        // 3.3, consumer reactions
        [Status.KeyExists] = StatusCourse.PassesByItself,
        [Status.OutOfRange] = StatusCourse.GoBack,
        [Status.Rollback] = StatusCourse.GoBack,
        [Status.UnknownCollection] = StatusCourse.NewFilter,
        [Status.UnknownScope] = StatusCourse.NewFilter,
        // 2.3: the next challenge
        [Status.AuthContinue] = StatusCourse.Accepted,
        // 1.10 says "support" of it, and an operator resumes the bucket
        [Status.BucketPaused] = StatusCourse.PassesByItself,
        // the password may have been changed
        [Status.AuthError] = StatusCourse.NewLogin,
        // the node's own fault, or not ready yet: the connection is still good
        [Status.NotInitialized] = StatusCourse.PassesByItself,
        [Status.InternalError] = StatusCourse.PassesByItself,
        // what we answer to data of a stream that is closed (3.5), never heard
        [Status.DcpStreamNotFound] = StatusCourse.PassesByItself,
        [Status.OpaqueNoMatch] = StatusCourse.PassesByItself,
    };

    public static TheoryData<Status> Statuses => [.. Enum.GetValues<Status>()];

    [Theory]
    [MemberData(nameof(Statuses))]
    public void Every_status_of_the_reference_has_the_course_that_its_attributes_ask_for(Status status) =>
        Assert.Equal(Special.TryGetValue(status, out var special) ? special : CourseOf(StatusTable.Read()[status]), StatusMeaning.Of(status).Course);

    [Fact]
    public void Every_status_of_the_reference_has_a_name() =>
        Assert.Equal(Enum.GetValues<Status>().Order(), StatusTable.Read().Keys.Order());

    [Theory]
    [MemberData(nameof(Statuses))]
    public void What_somebody_has_to_mend_says_how(Status status)
    {
        var meaning = StatusMeaning.Of(status);

        Assert.True(meaning.Course is not (StatusCourse.Mend or StatusCourse.NewFilter or StatusCourse.NewLogin) || meaning.Mend.Length > 10, $"{status}: {meaning}");
    }

    [Theory]
    [MemberData(nameof(Statuses))]
    public void What_passes_by_itself_is_a_fault_to_retry_and_keeps_the_nodes_words(Status status)
    {
        if (StatusMeaning.Of(status).Course is StatusCourse.Accepted)
            return;
        var fault = StatusFault.Of("a stream of vbucket 3", new KvEndpoint("node", 11210), Refusal(status));

        Assert.Contains("because of moons", fault.Message, StringComparison.Ordinal);
        Assert.Contains("ref 17-4", fault.Message, StringComparison.Ordinal);
        Assert.Contains($"0x{(ushort)status:x2}", fault.Message, StringComparison.Ordinal);
        Assert.Contains(StatusMeaning.Of(status).Mend, fault.Message, StringComparison.Ordinal);
        Assert.Equal(
            StatusMeaning.Of(status).IsRetried ? (true, (Status?)status) : (false, status),
            fault is KvConnectionException connection ? (connection.IsRetryable, connection.Status) : (false, ((KvConfigurationException)fault).Status));
    }

    [Fact]
    public void A_status_that_nobody_knows_needs_somebody_to_look() =>
        Assert.Equal(StatusCourse.Mend, StatusMeaning.Of((Status)0x7123).Course);

    private static StatusCourse CourseOf(IReadOnlySet<string> attributes) =>
        attributes.Contains("success") ? StatusCourse.Accepted
        : attributes.Contains("fetch-config") ? StatusCourse.NewMap
        : attributes.Overlaps(["temp", "retry-now", "retry-later", "rate-limit"]) ? StatusCourse.PassesByItself
        : attributes.Contains("conn-state-invalidated") ? StatusCourse.NewConnection
        : StatusCourse.Mend;

    private static KvResponse Refusal(Status status)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        FrameWriter.WriteResponse(
            output, Opcode.DcpStreamReq, status, 1, value: Encoding.UTF8.GetBytes("""{"error":{"context":"because of moons","ref":"17-4"}}"""));
        return new KvResponse(output.WrittenSpan.ToArray());
    }
}
