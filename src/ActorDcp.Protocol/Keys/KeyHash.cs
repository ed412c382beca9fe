using System.IO.Hashing;

namespace ActorDcp.Protocol;

/// <summary>Which vbucket a key lives in (dcp-reference.md 2.11).</summary>
public static class KeyHash
{
    /// <summary><c>((crc32(key) >> 16) &amp; 0x7fff) % count</c>.</summary>
    /// <param name="key">The key without its collection prefix.</param>
    /// <param name="vbucketCount">Vbuckets of the bucket, 1 to 65,536.</param>
    /// <exception cref="ArgumentOutOfRangeException">No bucket has so many vbuckets.</exception>
    public static VBucketId VBucketOf(ReadOnlySpan<byte> key, int vbucketCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(vbucketCount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(vbucketCount, ushort.MaxValue + 1);
        return new VBucketId((ushort)((Crc32.HashToUInt32(key) >> 16 & 0x7fff) % (uint)vbucketCount));
    }
}
