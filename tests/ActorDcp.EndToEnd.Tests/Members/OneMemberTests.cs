using ActorDcp.Hosting.Runtime;
using ActorDcp.Producer;
using Akka.Actor;

namespace ActorDcp.EndToEnd.Tests.Members;

public sealed class OneMemberTests
{
    [Fact]
    public async Task A_member_whose_group_actor_ended_by_a_fault_is_removed_and_so_begins_anew()
    {
        using var folder = new TestFolder();
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 8 });
        await using var member = await TestMember.StartAsync(producer, folder.Path, null, ("ActorDcp:Handler:Type", "count"));

        member.Service<ActorSystem>().ActorSelection("/user/actordcp-test").Tell(Akka.Actor.Kill.Instance);

        await Eventually.TrueAsync(() => member.Service<MemberState>().WasRemoved, () => "it is still a member", TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Every_change_reaches_the_jsonl_handler_once_and_in_order()
    {
        using var folder = new TestFolder();
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 16, KeepHistory = true });
        for (var i = 0; i < 500; i++)
            producer.Bucket.Set($"before-{i}", $"{{\"n\":{i}}}");
        var lines = folder.File("out.jsonl");

        await using (var member = await TestMember.StartAsync(producer, folder.Path, null,
            ("ActorDcp:Handler:Type", "jsonl"), ("ActorDcp:Handler:Path", lines)))
        {
            for (var i = 0; i < 500; i++)
                producer.Bucket.Set($"live-{i}", $"{{\"n\":{i}}}");
            await member.CaughtUpAsync(producer);
        }

        Assert.Equal(HandledChanges.Expected(producer), HandledChanges.Of(lines));
    }

    [Fact]
    public async Task A_drained_member_resumes_without_redelivery()
    {
        using var folder = new TestFolder();
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 16, KeepHistory = true });
        var lines = folder.File("out.jsonl");
        (string, string)[] settings = [("ActorDcp:Handler:Type", "jsonl"), ("ActorDcp:Handler:Path", lines)];
        for (var round = 0; round < 3; round++)
        {
            await using var member = await TestMember.StartAsync(producer, folder.Path, null, settings);
            for (var i = 0; i < 300; i++)
                producer.Bucket.Set($"round-{round}-{i}", "{}");
            await member.CaughtUpAsync(producer);
        }

        Assert.Equal(HandledChanges.Expected(producer), HandledChanges.Of(lines));
    }
}
