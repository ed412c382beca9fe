using ActorDcp.Persistence;
using ActorDcp.VBuckets.State;

namespace ActorDcp.Tests.VBuckets.State;

/// <summary>
/// A consumer that follows <see cref="RollbackPlan"/> against a modelled producer, through writes, deletions, deduplicating
/// snapshots cut anywhere, failovers, silent losses, purges and crashes, ends with the producer's documents.
/// </summary>
public sealed class RollbackModelTests
{
    [Fact]
    public void No_change_is_lost_over_random_histories()
    {
        var rollbacks = new Dictionary<RollbackReason, int>();
        for (var seed = 1; seed <= 300; seed++)
        {
            var run = new Run(seed, Fault.None);
            Assert.True(run.Go(), $"seed {seed}: {run.Failure}");
            foreach (var (reason, count) in run.Rollbacks)
                rollbacks[reason] = rollbacks.GetValueOrDefault(reason) + count;
        }
        // the histories reach what they are meant to
        Assert.True(rollbacks.GetValueOrDefault(RollbackReason.Branch) > 100, "branches");
        Assert.True(rollbacks.GetValueOrDefault(RollbackReason.Purge) > 10, "purges");
        Assert.True(rollbacks.GetValueOrDefault(RollbackReason.SeqnoFromFuture) > 10, "silent losses");
        Assert.True(rollbacks.GetValueOrDefault(RollbackReason.UnknownUuid) > 10, "forgotten branches");
    }

    [Theory]
    [InlineData(Fault.ResumeAtTheAnswer)]
    [InlineData(Fault.BoundaryWithinSnapshot)]
    [InlineData(Fault.NoNoticeOfALostBranch)]
    [InlineData(Fault.NewestUuidAlways)]
    [InlineData(Fault.NoCheckpointAtRollback)]
    [InlineData(Fault.ShorterSnapshotAfterResume)]
    public void A_planted_fault_is_found(Fault fault) =>
        Assert.Contains(Enumerable.Range(1, 4_000), seed => !new Run(seed, fault).Go());

    public enum Fault
    {
        None,
        ResumeAtTheAnswer,
        BoundaryWithinSnapshot,
        NoNoticeOfALostBranch,
        NewestUuidAlways,
        NoCheckpointAtRollback,
        ShorterSnapshotAfterResume,
    }

    private sealed class Run(int seed, Fault fault)
    {
        private static readonly DateTimeOffset Epoch = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);
        private readonly Random _random = new(seed);
        private readonly ModelProducer _producer = new();
        private readonly Dictionary<int, List<(ulong Seqno, string? Value)>> _sink = [];
        private StreamOffset _offset;
        private FailoverLog _log = FailoverLog.Empty;
        private RetainedBoundaries _boundaries = RetainedBoundaries.None;
        private (StreamOffset Offset, RetainedBoundaries Boundaries) _checkpoint = (default, RetainedBoundaries.None);
        private bool _handledExactly = true; // false from a crash on, until the handler was told to go back
        private int _clock;

        public Dictionary<RollbackReason, int> Rollbacks { get; } = [];

        public string Failure { get; private set; } = "";

        public bool Go()
        {
            for (var step = 0; step < 200; step++)
            {
                for (var writes = _random.Next(12); writes > 0; writes--)
                    _producer.Write(_random.Next(8), _random.Next(5) == 0 ? null : $"v{seed}.{_clock}.{writes}");
                Disturb();
                if (_random.Next(3) > 0 && !Stream(complete: false))
                    return false;
                if (_random.Next(4) == 0)
                    _checkpoint = (_offset, _boundaries);
            }
            return Stream(complete: true) && Compare();
        }

        private void Disturb()
        {
            switch (_random.Next(14))
            {
                case 0:
                    _producer.FailOver(Below(_producer.High, 30));
                    break;
                case 1:
                    _producer.Purge(Below(_producer.High, 40));
                    break;
                // after a crash nobody knows what was handled above the checkpoint, and no branch tells of the loss
                case 2 when seed % 3 == 0 && _handledExactly:
                    _producer.LoseSilently(Below(_producer.High, 10));
                    // written again at once, the seqnos would be taken for the old ones: no consumer could tell
                    if (!Stream(complete: true))
                        Failure += " after silent loss";
                    break;
                case 3:
                    // what was handled stays handled, the position falls back to the checkpoint
                    (_offset, _boundaries) = _checkpoint;
                    _handledExactly = false;
                    break;
            }
        }

        private ulong Below(ulong high, int most) => high - Math.Min(high, (ulong)_random.Next(most));

        private bool Stream(bool complete)
        {
            if (!Open())
                return false;
            while (_offset.Seqno.Value < _producer.High)
            {
                var above = _offset.Seqno.Value;
                var end = complete ? _producer.High : above + 1 + (ulong)_random.NextInt64((long)(_producer.High - above));
                var items = _producer.Snapshot(above, end);
                // the first marker of a stream that resumes within a snapshot begins where that one did (5.6), but may end before
                // it (memory where it was disk): what was deduplicated into its rest is missing until that has come
                var owed = fault == Fault.ShorterSnapshotAfterResume ? Seqno.Zero : _offset.Snapshot.End;
                var snapshot = new StreamSnapshot(_offset.Snapshot.Start, Seqno.Larger(new Seqno(end), owed));
                var take = complete || _random.Next(3) > 0 ? items.Count : _random.Next(items.Count + 1);
                foreach (var (seqno, key, value) in items.Take(take))
                {
                    Versions(key).Add((seqno, value));
                    Handled(new Seqno(seqno), snapshot);
                }
                if (take < items.Count)
                    return true;
                Handled(new Seqno(end), snapshot); // its last item, or SEQNO_ADVANCED
                if (!complete && _random.Next(2) == 0)
                    return true;
            }
            return true;
        }

        private void Handled(Seqno seqno, StreamSnapshot snapshot)
        {
            _offset = new StreamOffset(_log.NewestUuid, seqno, snapshot);
            if (_offset.IsBoundary || fault == Fault.BoundaryWithinSnapshot)
                AddBoundary();
        }

        private void AddBoundary()
        {
            var now = Epoch.AddSeconds(++_clock);
            _boundaries = _boundaries.Add(new RetainedBoundary(_offset.Uuid, _offset.Seqno, now), now);
        }

        private bool Open()
        {
            for (var tries = 0; tries < 100; tries++)
            {
                var uuid = fault == Fault.NewestUuidAlways ? _producer.Log[0].Uuid : _offset.Uuid.Value;
                var answer = _producer.Answer(
                    _offset.Seqno.Value, uuid, _offset.Snapshot.Start.Value, _offset.Snapshot.End.Value);
                var fresh = new FailoverLog(_producer.Log.Select(
                    entry => new FailoverLogEntry(new VBucketUuid(entry.Uuid), new Seqno(entry.Seqno))));
                if (answer is null)
                {
                    if (!_handledExactly && fault != Fault.NoNoticeOfALostBranch
                        && RollbackPlan.ForLostBranch(_offset, _log, fresh, _boundaries) is { } lost)
                        Tell(lost);
                    _log = fresh;
                    return true;
                }
                var plan = RollbackPlan.Decide(new RollbackQuestion(
                    _offset, new Seqno(answer.Value), _offset.Seqno, _log, _boundaries, fresh, new Seqno(_producer.High)));
                Tell(plan);
                (_offset, _log, _boundaries) = (plan.Resume, plan.Log, plan.Boundaries);
                // durable before anything is delivered: the old position may be accepted again once the seqnos are reused
                if (fault != Fault.NoCheckpointAtRollback)
                    _checkpoint = (_offset, _boundaries);
                if (fault == Fault.ResumeAtTheAnswer && answer > 0)
                    _offset = StreamOffset.Boundary(fresh.UuidAtOrBelow(new Seqno(answer.Value)), new Seqno(answer.Value));
            }
            Failure = "rolled back without end";
            return false;
        }

        private void Tell(RollbackPlan plan)
        {
            _handledExactly = true;
            Rollbacks[plan.Reason] = Rollbacks.GetValueOrDefault(plan.Reason) + 1;
            foreach (var versions in _sink.Values)
                versions.RemoveAll(version => version.Seqno > plan.Resume.Seqno.Value);
        }

        private List<(ulong Seqno, string? Value)> Versions(int key) =>
            _sink.TryGetValue(key, out var versions) ? versions : _sink[key] = [];

        private bool Compare()
        {
            var mine = _sink.Where(entry => entry.Value.Count > 0)
                .Select(entry => (entry.Key, Latest: entry.Value.MaxBy(version => version.Seqno).Value))
                .Where(entry => entry.Latest is not null)
                .ToDictionary(entry => entry.Key, entry => entry.Latest!);
            var theirs = _producer.Documents();
            if (mine.Count == theirs.Count && mine.All(entry => theirs.GetValueOrDefault(entry.Key) == entry.Value))
                return true;
            Failure = $"have {string.Join(' ', mine.OrderBy(e => e.Key))}, producer {string.Join(' ', theirs.OrderBy(e => e.Key))}";
            return false;
        }
    }
}
