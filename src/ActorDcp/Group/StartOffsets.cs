using ActorDcp.Persistence;
using ActorDcp.Protocol.ClusterMaps;

namespace ActorDcp.Group;

/// <summary>Exported positions that a new group begins at. Positions of one bucket mean nothing on another.</summary>
/// <param name="Source">Where they were read, for messages.</param>
/// <param name="BucketUuid">UUID of the bucket they belong to.</param>
/// <param name="Offsets">The positions.</param>
internal sealed record StartOffsets(string Source, string BucketUuid, IReadOnlyDictionary<VBucketId, StreamOffset> Offsets)
{
    /// <summary>The pins of a group on the bucket of a map.</summary>
    /// <exception cref="GroupConflictException">They are another bucket's, or lack a vbucket.</exception>
    public IReadOnlyList<StartPin> PinsFor(ClusterMap map)
    {
        if (!string.Equals(BucketUuid, map.BucketUuid, StringComparison.OrdinalIgnoreCase))
        {
            throw new GroupConflictException(
                $"ActorDcp:Start = \"{Source}\" holds offsets of the bucket with UUID {BucketUuid}, and this one has UUID {map.BucketUuid}: it is another bucket, or was made anew; export offsets of this one");
        }
        var pins = new List<StartPin>(map.VBucketCount);
        for (var i = 0; i < map.VBucketCount; i++)
        {
            var vbucket = VBucketId.From(i);
            pins.Add(Offsets.TryGetValue(vbucket, out var offset)
                ? new StartPin(vbucket, offset)
                : throw new GroupConflictException(
                    $"ActorDcp:Start = \"{Source}\" has no offset for vbucket {vbucket}, and the bucket has {map.VBucketCount}: export the offsets of all of them"));
        }
        return pins;
    }
}
