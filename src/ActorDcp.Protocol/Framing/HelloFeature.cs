namespace ActorDcp.Protocol;

#pragma warning disable CS1591 // members repeat the reference\'s names and are explained there

/// <summary>Features that HELO asks for (dcp-reference.md 2.2). Unknown codes are kept.</summary>
public enum HelloFeature : ushort
{
    Tls = 0x02,
    TcpNoDelay = 0x03,
    MutationSeqno = 0x04,
    TcpDelay = 0x05,
    Xattr = 0x06,
    Xerror = 0x07,
    SelectBucket = 0x08,
    Snappy = 0x0a,
    Json = 0x0b,
    Duplex = 0x0c,
    ClustermapChangeNotification = 0x0d,
    UnorderedExecution = 0x0e,
    Tracing = 0x0f,
    AltRequest = 0x10,
    SyncReplication = 0x11,
    Collections = 0x12,
    SnappyEverywhere = 0x13,
    PreserveTtl = 0x14,
    VAttr = 0x15,
    SubdocCreateAsDeleted = 0x17,
    SubdocDocumentMacroSupport = 0x18,
    SubdocReplaceBodyWithXattr = 0x19,
    ReportUnitUsage = 0x1a,
    NonBlockingThrottlingMode = 0x1b,
    SubdocReplicaRead = 0x1c,
    GetClusterConfigWithKnownVersion = 0x1d,
    DedupeNotMyVbucketClustermap = 0x1e,
    ClustermapChangeNotificationBrief = 0x1f,
    SubdocAllowsAccessOnMultipleXattrKeys = 0x20,
    SubdocBinaryXattr = 0x21,
    RangeScanIncludeXattr = 0x22,
    SubdocAllowReplicaReadOnDeletedDocs = 0x23,
    GetRandomKeyIncludeXattr = 0x24,
    MutateWithMeta = 0x25,
    DcpSkipDeletesInInitialBackfill = 0x26,
}
