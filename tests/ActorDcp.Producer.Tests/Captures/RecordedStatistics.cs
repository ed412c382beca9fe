using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace ActorDcp.Producer.Tests.Captures;

/// <summary>What the statistics in a capture tell of vbuckets. The first answer about each counts.</summary>
internal sealed partial class RecordedStatistics
{
    private readonly Dictionary<int, SortedDictionary<int, (ulong Uuid, ulong Seqno)>> _logs = [];

    public Dictionary<int, ulong> HighSeqnos { get; } = [];

    public Dictionary<int, ulong> HighPreparedSeqnos { get; } = [];

    /// <summary>Failover logs as they lie on the wire, newest branch first.</summary>
    public IEnumerable<(int VBucket, byte[] Log)> Logs
    {
        get
        {
            foreach (var (vbucket, entries) in _logs)
            {
                var log = new byte[entries.Count * 16];
                var at = 0;
                foreach (var (uuid, seqno) in entries.Values)
                {
                    BinaryPrimitives.WriteUInt64BigEndian(log.AsSpan(at), uuid);
                    BinaryPrimitives.WriteUInt64BigEndian(log.AsSpan(at + 8), seqno);
                    at += 16;
                }
                yield return (vbucket, log);
            }
        }
    }

    public void Note(RawFrame answer)
    {
        var match = VBucketKey().Match(Encoding.ASCII.GetString(answer.Key));
        if (!match.Success || !ulong.TryParse(answer.Value, CultureInfo.InvariantCulture, out var value))
            return;
        var vbucket = int.Parse(match.Groups["vbucket"].ValueSpan, CultureInfo.InvariantCulture);
        switch (match.Groups["name"].Value)
        {
            case "high_seqno":
                HighSeqnos.TryAdd(vbucket, value);
                break;
            case "high_prepared_seqno":
                HighPreparedSeqnos.TryAdd(vbucket, value);
                break;
            case var name when match.Groups["entry"].Success:
                NoteEntry(vbucket, int.Parse(match.Groups["entry"].ValueSpan, CultureInfo.InvariantCulture), name.EndsWith("id", StringComparison.Ordinal), value);
                break;
        }
    }

    private void NoteEntry(int vbucket, int entry, bool isUuid, ulong value)
    {
        if (!_logs.TryGetValue(vbucket, out var log))
            _logs[vbucket] = log = [];
        var known = log.GetValueOrDefault(entry);
        log[entry] = isUuid ? (value, known.Seqno) : (known.Uuid, value);
    }

    [GeneratedRegex("^vb_(?<vbucket>[0-9]+):(?<name>high_seqno|high_prepared_seqno|(?<entry>[0-9]+):(id|seq))$")]
    private static partial Regex VBucketKey();
}
