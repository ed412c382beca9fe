using ActorDcp.Client;
using ActorDcp.Connections;
using ActorDcp.Tests.Streams;
using Akka.Event;
using Akka.TestKit.Xunit2;
using Xunit.Abstractions;
using Status = ActorDcp.Protocol.Status;

namespace ActorDcp.Tests.Connections;

public sealed class RefusalLogTests : TestKit
{
    private readonly ManualTime _time = new();
    private readonly RefusalLog _refusals;

    public RefusalLogTests(ITestOutputHelper output)
        : base("akka.loglevel = WARNING", output: output)
    {
        Sys.EventStream.Subscribe(TestActor, typeof(Warning));
        Sys.EventStream.Subscribe(TestActor, typeof(Error));
        _refusals = new RefusalLog(new KvEndpoint("node", 11_210), Sys.Log, _time);
    }

    [Fact]
    public async Task A_status_is_told_once_in_half_a_minute_with_how_often_it_came_meanwhile()
    {
        for (ushort vbucket = 0; vbucket < 1_000; vbucket++)
            Refuse(vbucket, Status.TemporaryFailure);
        Refuse(7, Status.Busy);
        _time.Advance(TimeSpan.FromSeconds(31));
        Refuse(3, Status.TemporaryFailure);

        Assert.Equal("node:11210 refused to stream vbucket 0 with TemporaryFailure (0x86): words (ref 1); trying again", await NextAsync());
        Assert.Equal("node:11210 refused to stream vbucket 7 with Busy (0x85): words (ref 1); trying again", await NextAsync());
        Assert.Equal(
            "node:11210 refused to stream vbucket 3 with TemporaryFailure (0x86): words (ref 1); trying again, 999 times more since it was told last",
            await NextAsync());
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public async Task What_somebody_has_to_mend_is_an_error_and_says_how()
    {
        Refuse(1, Status.NoAccess);

        var error = (await ExpectMsgAsync<Error>(TimeSpan.FromSeconds(10))).Message;
        Assert.Contains("vbucket 1 with NoAccess (0x24): words (ref 1); give the user the role Data DCP Reader", $"{error}", StringComparison.Ordinal);
    }

    private void Refuse(ushort vbucket, Status status) => _refusals.Add(new VBucketId(vbucket), new StreamRequestResult.Refused(status, "words", "1"));

    private async Task<string> NextAsync() => $"{(await ExpectMsgAsync<Warning>(TimeSpan.FromSeconds(10))).Message}";
}
