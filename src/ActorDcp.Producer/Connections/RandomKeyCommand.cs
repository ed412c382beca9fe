using System.Buffers.Binary;
using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Connections;

/// <summary>GET_RANDOM_KEY: any document of a collection on this node. Extras with HELO Collections: u32 collection.</summary>
internal static class RandomKeyCommand
{
    public static void Handle(ClientConnection connection, Bucket bucket, in Frame frame)
    {
        var header = frame.Header;
        var check = new RequestCheck(connection.Features.Collections ? sizeof(uint) : 0) { HasKey = false };
        if (check.FindFault(header, connection.Features) is { } fault)
        {
            connection.Refuse(header, Status.InvalidArguments, fault);
            return;
        }
        var collection = header.ExtrasLength == 0 ? 0 : BinaryPrimitives.ReadUInt32BigEndian(frame.Extras);
        if (!bucket.Collections.Current.HasCollection(collection))
        {
            connection.Refuse(header, Status.UnknownCollection);
            return;
        }
        var vbuckets = bucket.VBuckets.Where(vbucket => vbucket.State == VBucketState.Active).ToArray();
        Random.Shared.Shuffle(vbuckets);
        foreach (var vbucket in vbuckets)
        {
            var outcome = vbucket.GetRandom(collection);
            if (outcome.Item is not { } item)
                continue;
            connection.RespondDocument(header, outcome, connection.Features.Collections ? item.Key : item.Key[1..]);
            return;
        }
        connection.Refuse(header, Status.KeyNotFound);
    }
}
