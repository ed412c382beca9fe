using System.Globalization;

namespace ActorDcp.Host.Demo;

/// <summary>
/// What the demo's handlers have seen: the last seqno of each vbucket, so that a redelivery is noticed, within a run and, when the
/// last run ended in order, across runs. Each vbucket's slot is written by its one handler; the rest is thread-safe.
/// </summary>
internal sealed class DemoTally
{
    private readonly ulong[] _last;
    private readonly string _file;
    private readonly TimeProvider _time;
    private long _events;
    private long _redelivered;
    private long _firstEvent;

    public DemoTally(int vbuckets, string file, TimeProvider time)
    {
        _last = new ulong[vbuckets];
        _file = file;
        _time = time;
        if (!File.Exists(file))
            return;
        var lines = File.ReadAllLines(file);
        // another number of vbuckets is another demo
        if (lines.Length == vbuckets)
            for (var vb = 0; vb < vbuckets; vb++)
                _ = ulong.TryParse(lines[vb], NumberStyles.None, CultureInfo.InvariantCulture, out _last[vb]);
    }

    public long Events => Volatile.Read(ref _events);

    /// <summary>Sum over the vbuckets of the last handled seqno.</summary>
    public ulong HandledSum => _last.Aggregate(0UL, (sum, seqno) => sum + seqno);

    public long Redelivered => Volatile.Read(ref _redelivered);

    /// <summary>Timestamp of the first event; 0 before it.</summary>
    public long FirstEvent => Volatile.Read(ref _firstEvent);

    /// <summary>Whether an earlier run left positions.</summary>
    public bool Resumes => _last.Any(seqno => seqno > 0) && Events == 0;

    public void Handled(DcpBatch batch)
    {
        if (Volatile.Read(ref _firstEvent) == 0)
            Interlocked.CompareExchange(ref _firstEvent, _time.GetTimestamp(), 0);
        ref var last = ref _last[batch.VBucket.Value];
        var redelivered = 0;
        foreach (var change in batch)
        {
            if (change.Seqno.Value <= last)
                redelivered++;
            else
                last = change.Seqno.Value;
        }
        Interlocked.Add(ref _events, batch.Count);
        if (redelivered > 0)
            Interlocked.Add(ref _redelivered, redelivered);
    }

    public void WentBack(RolledBack rollback) => _last[rollback.VBucket.Value] = rollback.To.Value;

    /// <summary>For the next run.</summary>
    public void Save() =>
        File.WriteAllLines(_file, _last.Select(seqno => seqno.ToString(CultureInfo.InvariantCulture)));
}
