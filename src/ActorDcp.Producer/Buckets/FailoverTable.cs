using System.Security.Cryptography;

namespace ActorDcp.Producer.Buckets;

/// <summary>The branches of a vbucket's history, newest first, never empty (dcp-reference.md 5.3). Guarded by the vbucket.</summary>
internal sealed class FailoverTable
{
    private readonly List<FailoverLogEntry> _entries;

    public FailoverTable() => _entries = [new FailoverLogEntry(NewUuid(), Seqno.Zero)];

    public FailoverTable(IEnumerable<FailoverLogEntry> newestFirst)
    {
        _entries = [.. newestFirst];
        if (_entries.Count == 0)
            _entries.Add(new FailoverLogEntry(NewUuid(), Seqno.Zero));
    }

    public FailoverLogEntry Newest => _entries[0];

    public FailoverLog ToLog() => new(_entries);

    /// <summary>Begins a new branch at a seqno; branches that began above it are gone.</summary>
    public void Branch(ulong seqno)
    {
        _entries.RemoveAll(entry => entry.Seqno.Value > seqno);
        _entries.Insert(0, new FailoverLogEntry(NewUuid(), new Seqno(seqno)));
        if (_entries.Count > FailoverLog.MaxEntries)
            _entries.RemoveRange(FailoverLog.MaxEntries, _entries.Count - FailoverLog.MaxEntries);
    }

    /// <summary>Takes over the branches of another copy.</summary>
    public void Replace(FailoverLog log)
    {
        if (log.IsEmpty)
            throw new ArgumentException("a failover log is never empty", nameof(log));
        _entries.Clear();
        _entries.AddRange(log.Entries);
    }

    /// <summary>Forgets branches that began above a seqno; when none is left a new one begins there.</summary>
    public void DropAbove(ulong seqno)
    {
        _entries.RemoveAll(entry => entry.Seqno.Value > seqno);
        if (_entries.Count == 0)
            _entries.Add(new FailoverLogEntry(NewUuid(), new Seqno(seqno)));
    }

    private static VBucketUuid NewUuid()
    {
        Span<byte> bytes = stackalloc byte[8];
        while (true)
        {
            RandomNumberGenerator.Fill(bytes);
            var uuid = BitConverter.ToUInt64(bytes) >> 16;
            if (uuid != 0)
                return new VBucketUuid(uuid);
        }
    }
}
