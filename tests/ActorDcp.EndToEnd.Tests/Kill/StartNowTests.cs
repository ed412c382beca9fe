using ActorDcp.Producer;
using ActorDcp.Protocol;

namespace ActorDcp.EndToEnd.Tests.Kill;

/// <summary>"Now" is the moment of a group's first start, whatever becomes of the member that started it.</summary>
public sealed class StartNowTests
{
    private static readonly VBucketId VBucket = new(1);

    [Fact]
    public async Task A_filtered_group_that_is_killed_before_it_reads_anything_begins_where_it_was_first_started()
    {
        using var folder = new TestFolder();
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(2));
        producer.Bucket.Collections.CreateScope("inventory");
        producer.Bucket.Collections.CreateCollection("inventory", "hotels");
        var hotels = producer.Bucket.Collection("inventory", "hotels");
        hotels.Set(VBucket, "before", "{}"u8);
        // the vbucket's high seqno, which is pinned, is not the collection's
        producer.Bucket.Set(VBucket, "elsewhere", "{}"u8);
        producer.AnswerNext(Status.TemporaryFailure, 1_000_000, Opcode.DcpStreamReq);
        (string, string)[] settings = [("Start", "now"), ("Stream:Collections", "inventory.hotels")];

        await using (var killed = ServeProcess.Start(producer.Endpoint.Port, folder, settings))
        {
            await ServeProcess.PortAsync(killed, "http");
            await killed.KillAsync();
        }
        hotels.Set(VBucket, "between", "{}"u8);
        producer.Bucket.Set(VBucket, "elsewhere too", "{}"u8);
        producer.Nodes[0].Faults.Clear();
        await using var member = ServeProcess.Start(producer.Endpoint.Port, folder, settings);
        await KeysAsync(folder, member, "between");
        hotels.Set(VBucket, "after", "{}"u8);

        await KeysAsync(folder, member, "between", "after");
    }

    private static Task KeysAsync(TestFolder folder, HostProcess member, params string[] expected)
    {
        List<string?> keys = [];
        return Eventually.TrueAsync(
            () =>
            {
                keys = File.Exists(folder.File("out.jsonl"))
                    ? [.. DeliveryLine.Read(folder.File("out.jsonl")).Where(line => line.IsChange).Select(line => line.Key)]
                    : [];
                return keys.SequenceEqual(expected);
            },
            () => $"{string.Join(", ", keys)}; {member.Error}");
    }
}
