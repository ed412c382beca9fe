using System.IO.Hashing;

namespace ActorDcp.Producer.Buckets;

/// <summary>Compares changes by key, and with bare key bytes, so that a look-up allocates nothing.</summary>
internal sealed class KeyComparer : IEqualityComparer<StoredItem>, IAlternateEqualityComparer<ReadOnlySpan<byte>, StoredItem>
{
    public static KeyComparer Instance { get; } = new();

    public bool Equals(StoredItem? x, StoredItem? y) =>
        ReferenceEquals(x, y) || (x is not null && y is not null && x.Key.SequenceEqual(y.Key));

    public int GetHashCode(StoredItem obj) => GetHashCode(obj.Key);

    public bool Equals(ReadOnlySpan<byte> alternate, StoredItem other) => alternate.SequenceEqual(other.Key);

    public int GetHashCode(ReadOnlySpan<byte> alternate) => (int)XxHash3.HashToUInt64(alternate);

    public StoredItem Create(ReadOnlySpan<byte> alternate) =>
        throw new NotSupportedException("a key alone makes no change");
}
