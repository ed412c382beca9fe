namespace ActorDcp.Protocol.Requests;

/// <summary>Settings of CONTROL (dcp-reference.md 3.2). Servers answer EINVAL for keys they do not know.</summary>
public static class ControlKeys
{
    /// <summary>Window in bytes, decimal; 0 switches flow control off.</summary>
    public const string ConnectionBufferSize = "connection_buffer_size";
    /// <summary><c>true</c>; needed for extended attributes and collections.</summary>
    public const string EnableNoop = "enable_noop";
    /// <summary>Seconds, decimal, at least 0.1.</summary>
    public const string SetNoopInterval = "set_noop_interval";
    /// <summary><c>high</c>, <c>medium</c> or <c>low</c>.</summary>
    public const string SetPriority = "set_priority";
    /// <summary><c>true</c>; takes effect only with <see cref="DcpOpenFlags.IncludeDeleteTimes"/>.</summary>
    public const string EnableExpiryOpcode = "enable_expiry_opcode";
    /// <summary><c>true</c>; several streams a vbucket.</summary>
    public const string EnableStreamId = "enable_stream_id";
    /// <summary><c>true</c> or <c>true_with_seqno_advanced</c>.</summary>
    public const string EnableOutOfOrderSnapshots = "enable_out_of_order_snapshots";
    /// <summary><c>true</c>; a probe whether <see cref="DcpOpenFlags.IncludeDeletedUserXattrs"/> took effect.</summary>
    public const string IncludeDeletedUserXattrs = "include_deleted_user_xattrs";
    /// <summary><c>true</c>; STREAM_END follows CLOSE_STREAM.</summary>
    public const string SendStreamEndOnClientCloseStream = "send_stream_end_on_client_close_stream";
    /// <summary><c>true</c> or <c>false</c>.</summary>
    public const string SupportsCursorDropping = "supports_cursor_dropping_vulcan";
    /// <summary><c>true</c>; the frequency hint has 8 bits.</summary>
    public const string SupportsHifiMfu = "supports_hifi_MFU";
    /// <summary><c>true</c>; needs HELO Snappy.</summary>
    public const string ForceValueCompression = "force_value_compression";
    /// <summary><c>round-robin</c> or <c>sequential</c>.</summary>
    public const string BackfillOrder = "backfill_order";
    /// <summary><c>true</c>; snapshots with history.</summary>
    public const string ChangeStreams = "change_streams";
    /// <summary><c>true</c>; system events of version 2.</summary>
    public const string FlatbuffersSystemEvents = "flatbuffers_system_events";
    /// <summary><c>2.2</c>.</summary>
    public const string MaxMarkerVersion = "max_marker_version";
    /// <summary><c>true</c>; prepares, commits and aborts are sent.</summary>
    public const string EnableSyncWrites = "enable_sync_writes";
    /// <summary>A name; with <see cref="EnableSyncWrites"/> full synchronous replication.</summary>
    public const string ConsumerName = "consumer_name";
}
