using System.Globalization;
using System.Text;
using System.Text.Json;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Connections;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Statistics;

/// <summary>STAT: the key names a group and what it is about; a packet for each statistic, then an empty one (dcp-reference.md 3.20).</summary>
internal static class StatCommand
{
    public static void Handle(ClientConnection connection, Bucket bucket, in Frame frame)
    {
        var header = frame.Header;
        var words = Encoding.UTF8.GetString(frame.Key).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var group = words.Length == 0 ? "" : words[0];
        switch (group)
        {
            case "":
                Send(connection, header, NodeStatistics.General(connection.Services));
                break;
            case "uuid":
                Send(connection, header, [new Statistic("uuid", bucket.Uuid)]);
                break;
            case "vbucket" or "vbucket-details" or "vbucket-seqno" or "failovers":
                OfVBuckets(connection, bucket, header, group, words);
                break;
            case "dcp":
                OfConnections(connection, header, frame.Value);
                break;
            case "dcpagg":
                Send(connection, header, DcpStatistics.Aggregated(connection.Services, words.Length > 1 ? words[1] : ":"));
                break;
            case "dcp-vbtakeover":
                OfTakeover(connection, bucket, header, words);
                break;
            case "collections" or "collections-byid" or "scopes" or "scopes-byid":
                OfCollections(connection, bucket, header, words);
                break;
            default:
                connection.Refuse(header, Status.KeyNotFound);
                break;
        }
    }

    private static void OfVBuckets(ClientConnection connection, Bucket bucket, in FrameHeader header, string group, string[] words)
    {
        IReadOnlyList<VBucket> chosen = bucket.VBuckets.ToArray();
        if (words.Length > 1)
        {
            if (!TryFind(connection, bucket, header, words[1], out var vbucket))
                return;
            chosen = [vbucket!];
        }
        Send(connection, header, chosen.SelectMany(vbucket => group switch
        {
            "vbucket" => [new Statistic($"vb_{vbucket.Id}", VBucketStatistics.StateName(vbucket.State))],
            "vbucket-details" => VBucketStatistics.Details(vbucket),
            "vbucket-seqno" => VBucketStatistics.Seqnos(vbucket),
            _ => VBucketStatistics.Failovers(vbucket),
        }));
    }

    private static void OfConnections(ClientConnection connection, in FrameHeader header, ReadOnlySpan<byte> value)
    {
        if (!DcpStatisticsFilter.TryRead(value, out var filter))
            connection.Refuse(header, Status.InvalidArguments);
        else
            Send(connection, header, DcpStatistics.All(connection.Services, filter));
    }

    private static void OfTakeover(ClientConnection connection, Bucket bucket, in FrameHeader header, string[] words)
    {
        if (words.Length < 2)
            connection.Refuse(header, Status.InvalidArguments);
        else if (TryFind(connection, bucket, header, words[1], out var vbucket))
            Send(connection, header, DcpStatistics.Takeover(connection.Services, vbucket!, words.Length > 2 ? words[2] : ""));
    }

    private static void OfCollections(ClientConnection connection, Bucket bucket, in FrameHeader header, string[] words)
    {
        var status = CollectionStatistics.TryFind(bucket, words, out var statistics);
        if (status == Status.Success)
            Send(connection, header, statistics);
        else
            connection.Refuse(header, status);
    }

    private static bool TryFind(ClientConnection connection, Bucket bucket, in FrameHeader header, string word, out VBucket? vbucket)
    {
        vbucket = null;
        if (!ushort.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            connection.Refuse(header, Status.InvalidArguments);
            return false;
        }
        vbucket = bucket.TryFind(new VBucketId(number));
        if (vbucket is not null)
            return true;
        connection.RefuseNotMyVBucket(header);
        return false;
    }

    private static void Send(ClientConnection connection, in FrameHeader header, IEnumerable<Statistic> statistics)
    {
        foreach (var statistic in statistics)
        {
            var value = Encoding.UTF8.GetBytes(statistic.Value);
            var isJson = connection.AnswersJson && statistic.MayBeJson && JsonDetection.DatatypeOf(value) == Datatype.Json;
            connection.Respond(header, key: Encoding.UTF8.GetBytes(statistic.Name), value: value, datatype: isJson ? Datatype.Json : Datatype.Raw);
        }
        connection.Respond(header);
    }
}
