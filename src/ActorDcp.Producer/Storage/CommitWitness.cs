using System.Buffers.Binary;
using System.IO.Hashing;

namespace ActorDcp.Producer.Storage;

/// <summary>
/// Remembers beside the database how many of its transactions were committed. SQLite takes a damaged or shortened write-ahead log
/// for one that ends earlier; a database that has come less far than this file has lost what was answered as persisted.
/// Two slots take turns, so one half written leaves the other.
/// </summary>
internal sealed class CommitWitness : IDisposable
{
    private const string FileName = "bucket.commits";
    private const int SlotSize = 16;
    private const int LockedOnWindows = unchecked((int)0x80070020);
    private const int LockedOnLinux = 11;
    private const int LockedOnMac = 35;
    private readonly FileStream _file;

    private CommitWitness(FileStream file) => _file = file;

    /// <summary>Opens it for one producer alone: who comes second is told at once, while the database would let it wait.</summary>
    /// <exception cref="IOException">The file cannot be opened, or another producer has it.</exception>
    public static CommitWitness Open(string directory)
    {
        try
        {
            return new CommitWitness(new FileStream(
                Path.Combine(directory, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0));
        }
        catch (IOException exception) when (exception.HResult is LockedOnWindows or LockedOnLinux or LockedOnMac)
        {
            throw new IOException($"the bucket in '{directory}' cannot be opened: another producer is using it", exception);
        }
    }

    /// <summary>Transactions that were surely committed; null in a new folder.</summary>
    /// <exception cref="IOException">The file is damaged.</exception>
    public ulong? Read()
    {
        if (_file.Length == 0)
            return null;
        Span<byte> slots = stackalloc byte[SlotSize * 2];
        slots.Clear();
        RandomAccess.Read(_file.SafeFileHandle, slots, 0);
        ulong? newest = null;
        for (var at = 0; at < slots.Length; at += SlotSize)
        {
            var slot = slots.Slice(at, SlotSize);
            var number = BinaryPrimitives.ReadUInt64BigEndian(slot);
            if (BinaryPrimitives.ReadUInt64BigEndian(slot[8..]) == SumOf(slot[..8]) && number >= (newest ?? 0))
                newest = number;
        }
        return newest ?? throw new IOException($"{FileName} is damaged");
    }

    /// <summary>So many transactions are committed now.</summary>
    public void Note(ulong commits)
    {
        Span<byte> slot = stackalloc byte[SlotSize];
        BinaryPrimitives.WriteUInt64BigEndian(slot, commits);
        BinaryPrimitives.WriteUInt64BigEndian(slot[8..], SumOf(slot[..8]));
        RandomAccess.Write(_file.SafeFileHandle, slot, (long)(commits % 2) * SlotSize);
    }

    public void Dispose() => _file.Dispose();

    private static ulong SumOf(ReadOnlySpan<byte> number) => XxHash3.HashToUInt64(number, seed: SlotSize);
}
