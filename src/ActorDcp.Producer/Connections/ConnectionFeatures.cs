using System.Buffers.Binary;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Connections;

/// <summary>What a connection's last HELO was granted (dcp-reference.md 2.2). Immutable.</summary>
internal sealed class ConnectionFeatures
{
    private static readonly HashSet<HelloFeature> Known =
    [
        HelloFeature.Tls, HelloFeature.TcpNoDelay, HelloFeature.MutationSeqno, HelloFeature.Xerror, HelloFeature.SelectBucket,
        HelloFeature.Snappy, HelloFeature.Json, HelloFeature.Duplex, HelloFeature.ClustermapChangeNotification,
        HelloFeature.AltRequest, HelloFeature.SyncReplication, HelloFeature.Collections, HelloFeature.PreserveTtl,
        HelloFeature.GetClusterConfigWithKnownVersion, HelloFeature.DedupeNotMyVbucketClustermap,
        HelloFeature.ClustermapChangeNotificationBrief, HelloFeature.SnappyEverywhere, HelloFeature.UnorderedExecution, HelloFeature.Tracing, HelloFeature.Xattr,
        HelloFeature.VAttr, HelloFeature.SubdocCreateAsDeleted, HelloFeature.SubdocDocumentMacroSupport,
        HelloFeature.SubdocReplaceBodyWithXattr, HelloFeature.SubdocReplicaRead,
        HelloFeature.SubdocAllowsAccessOnMultipleXattrKeys, HelloFeature.SubdocBinaryXattr,
    ];

    private readonly HashSet<HelloFeature> _granted;

    private ConnectionFeatures(HashSet<HelloFeature> granted)
    {
        _granted = granted;
        Tracing = Has(HelloFeature.Tracing);
    }

    public static ConnectionFeatures None { get; } = new([]);

    public bool Xerror => Has(HelloFeature.Xerror);

    public bool Json => Has(HelloFeature.Json);

    public bool Snappy => Has(HelloFeature.Snappy);

    /// <summary>Answers tell how long they took.</summary>
    public bool Tracing { get; }

    public bool Xattr => Has(HelloFeature.Xattr);

    public bool Collections => Has(HelloFeature.Collections);

    public bool MutationSeqno => Has(HelloFeature.MutationSeqno);

    /// <summary>The answer to the HELO: granted codes, ascending.</summary>
    public byte[] ToAnswer()
    {
        var codes = _granted.Order().ToArray();
        var answer = new byte[codes.Length * 2];
        for (var i = 0; i < codes.Length; i++)
            BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(i * 2), (ushort)codes[i]);
        return answer;
    }

    public bool Has(HelloFeature feature) => _granted.Contains(feature);

    /// <summary>Grants what is known of a list. Fails when the list contradicts itself.</summary>
    public static bool TryGrant(ReadOnlySpan<byte> value, out ConnectionFeatures features)
    {
        var asked = new HashSet<HelloFeature>();
        for (var i = 0; i + 1 < value.Length; i += 2)
            asked.Add((HelloFeature)BinaryPrimitives.ReadUInt16BigEndian(value[i..]));

        var needsDuplex = asked.Contains(HelloFeature.ClustermapChangeNotification)
            || asked.Contains(HelloFeature.ClustermapChangeNotificationBrief);
        var delayBothWays = asked.Contains(HelloFeature.TcpNoDelay) && asked.Contains(HelloFeature.TcpDelay);
        var needsXattr = asked.Contains(HelloFeature.VAttr) || asked.Contains(HelloFeature.SubdocDocumentMacroSupport);
        features = new ConnectionFeatures([.. asked.Where(Known.Contains)]);
        return !(needsXattr && !asked.Contains(HelloFeature.Xattr)) && !(needsDuplex && !asked.Contains(HelloFeature.Duplex)) && !delayBothWays;
    }
}
