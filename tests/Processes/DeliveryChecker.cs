using System.Globalization;

namespace ActorDcp.Processes;

/// <summary>
/// Holds what a group delivered against what the producer has, for buckets whose keys are unique, so that nothing is
/// deduplicated: every seqno must come, in order and without a gap, under epochs that only rise, and again only what was handled
/// shortly before an owner died.
/// </summary>
internal sealed class DeliveryChecker
{
    /// <summary>Violations listed per vbucket; the rest would say the same.</summary>
    private const int MostPerVBucket = 5;

    /// <summary>
    /// Longest time between the handling of a change that comes again and the last line before the owner died: a checkpoint
    /// interval and what saving takes. Null when nothing may come again at all.
    /// </summary>
    public TimeSpan? RedeliverySpan { get; init; }

    /// <summary>Whether a member's end allows that its vbuckets repeat; null when any does. One that drained repeats nothing.</summary>
    public Func<string, bool>? MayRepeatAfter { get; init; }

    /// <summary>How many batches of an epoch may come at any time after a newer one began: the one in work, if any.</summary>
    public int LateBatches { get; init; }

    /// <summary>How long after a newer epoch's first line lines of an older one may still come: until the next checkpoint fences it.</summary>
    public TimeSpan FenceSpan { get; init; } = TimeSpan.Zero;

    /// <summary>Whether the producer never failed over, so that no vbucket may go back.</summary>
    public bool RollbacksAreWrong { get; init; } = true;

    /// <summary>What is wrong; empty when nothing is.</summary>
    /// <param name="truth">All changes that the producer had at some moment: the key of each seqno, by vbucket.</param>
    /// <param name="lines">All lines, in the order of their handling.</param>
    public IReadOnlyList<string> Check(IReadOnlyDictionary<int, IReadOnlyDictionary<ulong, string>> truth, IEnumerable<DeliveryLine> lines)
    {
        var byVBucket = lines.GroupBy(line => line.VBucket).ToDictionary(group => group.Key, group => group.ToList());
        var violations = new List<string>();
        foreach (var (vbucket, expected) in truth.OrderBy(entry => entry.Key))
        {
            var found = new VBucketCheck(this, vbucket, expected).Run(byVBucket.GetValueOrDefault(vbucket) ?? []);
            violations.AddRange(found.Take(MostPerVBucket));
        }
        return violations;
    }

    private sealed class VBucketCheck(DeliveryChecker rules, int vbucket, IReadOnlyDictionary<ulong, string> expected)
    {
        private readonly List<string> _violations = [];
        private readonly Dictionary<ulong, DateTimeOffset> _handled = [];
        private readonly Dictionary<long, HashSet<DateTimeOffset>> _late = [];
        private readonly Dictionary<ulong, string> _keys = [];
        private string _member = "";
        private long _epoch;
        private DateTimeOffset _epochBegan;
        private DateTimeOffset _lastAt;
        private ulong _last;
        private ulong _highest;

        public List<string> Run(List<DeliveryLine> lines)
        {
            foreach (var line in lines)
                Take(line);
            // what is not in the truth came after it was read
            foreach (var (seqno, key) in _keys)
                if (expected.TryGetValue(seqno, out var right) && right != key)
                    Say($"seqno {seqno} is of key {right}, {key} was delivered");
            var missing = expected.Keys.Where(seqno => !_handled.ContainsKey(seqno)).Order().ToList();
            if (missing.Count > 0)
                Say($"lost: {missing.Count} changes never came, the first is seqno {missing[0]}");
            return _violations;
        }

        private void Take(DeliveryLine line)
        {
            if (line.Epoch < _epoch)
            {
                // a stale owner: what it handles besides counts as delivered, but not for the order of the newer one
                // a batch's lines have one time
                if (!_late.TryGetValue(line.Epoch, out var late))
                    _late[line.Epoch] = late = [];
                late.Add(line.At);
                if (line.At - _epochBegan > rules.FenceSpan && late.Count > rules.LateBatches)
                    Say($"stale owner: epoch {line.Epoch} of {line.Member} delivered {(line.At - _epochBegan).TotalSeconds:0.00} s after epoch {_epoch} had begun");
                return;
            }
            if (line.Back is { } back)
            {
                if (rules.RollbacksAreWrong)
                    Say($"rolled back from {back.From} to {back.To} ({back.Why}) though the producer lost nothing");
                TakeBack(line, back.To);
                return;
            }
            _keys[line.Seqno] = line.Key!;
            if (line.Epoch > _epoch)
                BeginEpoch(line);
            else if (line.Seqno != _last + 1)
                Say(line.Seqno <= _last ? $"out of order: {line.Seqno} after {_last} within epoch {_epoch}" : $"gap: {line.Seqno} after {_last} within epoch {_epoch}");
            _last = line.Seqno;
            _highest = Math.Max(_highest, line.Seqno);
            _lastAt = line.At;
            _handled[line.Seqno] = line.At;
        }

        private void BeginEpoch(DeliveryLine line)
        {
            if (line.Seqno > _highest + 1)
                Say($"gap: epoch {line.Epoch} begins with {line.Seqno}, {_highest} was the last before");
            if (line.Seqno <= _highest)
                CheckRedelivery(line);
            _epoch = line.Epoch;
            _member = line.Member;
            _epochBegan = line.At;
        }

        private void CheckRedelivery(DeliveryLine line)
        {
            var count = _highest - line.Seqno + 1;
            if (rules.RedeliverySpan is not { } allowed || rules.MayRepeatAfter?.Invoke(_member) == false)
                Say($"redelivered: epoch {line.Epoch} begins with {line.Seqno} though {_highest} was handled by {_member}");
            else if (!_handled.TryGetValue(line.Seqno, out var before) || _lastAt - before > allowed)
                Say($"redelivered: epoch {line.Epoch} delivers {count} changes again, the first of them handled {(_lastAt - before).TotalSeconds:0.00} s before the last; {allowed.TotalSeconds:0.00} s are allowed");
        }

        private void TakeBack(DeliveryLine line, ulong to)
        {
            _last = Math.Min(_last, to);
            if (rules.RollbacksAreWrong)
                return;
            // what lay above is of a branch that is gone
            _highest = Math.Min(_highest, to);
            foreach (var seqno in _handled.Keys.Where(seqno => seqno > to).ToList())
            {
                _handled.Remove(seqno);
                _keys.Remove(seqno);
            }
            if (line.Epoch <= _epoch)
                return;
            _epoch = line.Epoch;
            _member = line.Member;
            _epochBegan = line.At;
        }

        private void Say(string text) => _violations.Add(string.Create(CultureInfo.InvariantCulture, $"vb {vbucket}: {text}"));
    }
}
