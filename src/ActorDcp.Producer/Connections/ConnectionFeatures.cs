using System.Buffers.Binary;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Connections;

/// <summary>What a connection's last HELO was granted (dcp-reference.md 2.2). Immutable.</summary>
internal sealed class ConnectionFeatures
{
    /// <summary>Point-in-time recovery, which nothing came of: nodes grant it and do nothing (dcp-reference.md 10.16).</summary>
    private const HelloFeature Withdrawn = (HelloFeature)0x16;

    private static readonly HashSet<HelloFeature> Known =
    [
        HelloFeature.TcpNoDelay, HelloFeature.TcpDelay, HelloFeature.MutationSeqno, HelloFeature.Xerror, HelloFeature.SelectBucket,
        HelloFeature.Snappy, HelloFeature.Json, HelloFeature.Duplex, HelloFeature.ClustermapChangeNotification,
        HelloFeature.AltRequest, HelloFeature.SyncReplication, HelloFeature.Collections, HelloFeature.PreserveTtl,
        HelloFeature.GetClusterConfigWithKnownVersion, HelloFeature.DedupeNotMyVbucketClustermap,
        HelloFeature.ClustermapChangeNotificationBrief, HelloFeature.SnappyEverywhere, HelloFeature.NonBlockingThrottlingMode, Withdrawn,
        HelloFeature.UnorderedExecution, HelloFeature.Tracing, HelloFeature.Xattr,
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

    public ConnectionFeatures With(HelloFeature feature) => new([.. _granted, feature]);

    public bool Has(HelloFeature feature) => _granted.Contains(feature);

    /// <summary>Grants what is known of a list.</summary>
    /// <returns>How the list contradicts itself; null when it does not.</returns>
    public static string? Grant(ReadOnlySpan<byte> value, out ConnectionFeatures features)
    {
        var asked = new HashSet<HelloFeature>();
        for (var i = 0; i + 1 < value.Length; i += 2)
            asked.Add((HelloFeature)BinaryPrimitives.ReadUInt16BigEndian(value[i..]));
        var granted = asked.Where(Known.Contains).ToHashSet();
        if (granted.Contains(HelloFeature.ClustermapChangeNotificationBrief))
            granted.Remove(HelloFeature.ClustermapChangeNotification);
        features = new ConnectionFeatures(granted);
        return Contradiction(asked);
    }

    private static string? Contradiction(HashSet<HelloFeature> asked)
    {
        if (asked.Contains(HelloFeature.TcpNoDelay) && asked.Contains(HelloFeature.TcpDelay))
            return "TCPNODELAY cannot co-exist with TCPDELAY";
        if (!asked.Contains(HelloFeature.Duplex)
            && (asked.Contains(HelloFeature.ClustermapChangeNotification) || asked.Contains(HelloFeature.ClustermapChangeNotificationBrief)))
            return "ClustermapChangeNotification needs Duplex";
        foreach (var needing in (HelloFeature[])[HelloFeature.VAttr, HelloFeature.SubdocDocumentMacroSupport])
            if (asked.Contains(needing) && !asked.Contains(HelloFeature.Xattr))
                return $"{needing} needs XATTR";
        return null;
    }
}
