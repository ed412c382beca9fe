using System.Globalization;
using System.Text;
using ActorDcp.Producer.Connections;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Dcp;

/// <summary>CONTROL (dcp-reference.md 3.2).</summary>
internal static class ControlCommand
{
    private const double ShortestNoopInterval = 0.1;
    private const string NeedsSnappy =
        "The ctrl parameter force_value_compression is only supported if datatype snappy is enabled on the connection";
    private const string BadBackfillOrder = "Unsupported value 'backfill_order' for ctrl parameter 'backfill_order'";

    public static void Handle(ClientConnection connection, DcpSession session, in Frame frame)
    {
        var header = frame.Header;
        if (header.ExtrasLength != 0 || header.KeyLength == 0 || header.ValueLength == 0)
        {
            connection.Refuse(header, Status.InvalidArguments, Missing(header));
            return;
        }
        var key = Encoding.UTF8.GetString(frame.Key);
        Status status;
        lock (connection.Gate)
            status = Apply(session, key, Encoding.UTF8.GetString(frame.Value));
        if (status == Status.Success)
            connection.Respond(header);
        else
            connection.Refuse(header, status, Explain(status, key));
    }

    private static string? Missing(in FrameHeader header)
    {
        if (header.ExtrasLength != 0)
            return null;
        return header.KeyLength == 0 ? "Request must include key" : "Request must include value";
    }

    private static string? Explain(Status status, string key) => (status, key) switch
    {
        (Status.InvalidArguments, "force_value_compression") => NeedsSnappy,
        (Status.InvalidArguments, "backfill_order") => BadBackfillOrder,
        _ => null,
    };

    private static Status Apply(DcpSession session, string key, string value)
    {
        var on = value == "true";
        switch (key)
        {
            case "connection_buffer_size":
                if (!uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var window))
                    return Status.InvalidArguments;
                session.SetWindow(window);
                return Status.Success;
            case "stream_buffer_size":
                return Status.NotSupported;
            case "enable_noop":
                session.NoopEnabled = on;
                return Status.Success;
            case "set_noop_interval":
                return SetNoopInterval(session, value);
            case "set_priority":
                if (value is not ("high" or "medium" or "low"))
                    return Status.InvalidArguments;
                session.Priority = value;
                return Status.Success;
            case "enable_expiry_opcode":
                // without delete times the answer is success and nothing changes
                session.SendsExpirations = on && session.IncludesDeleteTimes;
                return Status.Success;
            case "include_deleted_user_xattrs":
                return When(on && session.IncludesDeletedUserXattrs);
            case "supports_cursor_dropping" or "supports_cursor_dropping_vulcan":
                session.CursorsMayBeDropped = on;
                return Status.Success;
            case "supports_hifi_MFU":
                session.SendsFrequencyCounters = on;
                return Status.Success;
            case "force_value_compression":
                session.ForcesCompression = on && session.Snappy;
                return When(session.Snappy);
            case "backfill_order":
                if (value is not ("round-robin" or "sequential"))
                    return Status.InvalidArguments;
                session.Backfills.IsSequential = value == "sequential";
                return Status.Success;
            case "send_stream_end_on_client_close_stream":
                session.SendsEndOnClose |= on;
                return Status.Success;
            case "enable_out_of_order_snapshots":
                return SetOutOfOrder(session, value);
            case "consumer_name":
                session.ConsumerName = value;
                return Status.Success;
            case "max_marker_version":
                if (!session.UnderstandsMarkersV22)
                    return Status.InvalidArguments;
                if (!session.Collections)
                    return Status.NotSupported;
                session.MarkersUpToV22 |= value == "2.2";
                return When(value == "2.2");
            default:
                return on ? SwitchOn(session, key) : Status.InvalidArguments;
        }
    }

    /// <summary>Settings that only take <c>true</c> and cannot be undone.</summary>
    private static Status SwitchOn(DcpSession session, string key)
    {
        switch (key)
        {
            case "enable_stream_id":
                if (session.SyncWrites)
                    return Status.NotSupported;
                session.StreamIdsEnabled = true;
                return Status.Success;
            case "enable_sync_writes":
                if (session.StreamIdsEnabled)
                    return Status.NotSupported;
                session.SyncWrites = true;
                return Status.Success;
            case "v7_dcp_status_codes":
                session.StrictStatusCodes = true;
                return Status.Success;
            case "flatbuffers_system_events":
                session.FlatSystemEvents = true;
                return Status.Success;
            case "change_streams":
                // no storage here keeps history
                return Status.NotSupported;
            default:
                return Status.InvalidArguments;
        }
    }

    private static Status SetOutOfOrder(DcpSession session, string value)
    {
        if (value is not ("true" or "true_with_seqno_advanced"))
            return Status.InvalidArguments;
        session.OutOfOrder = value == "true" ? OutOfOrderSnapshots.Yes : OutOfOrderSnapshots.WithSeqnoAdvanced;
        return Status.Success;
    }

    private static Status SetNoopInterval(DcpSession session, string value)
    {
        if (!double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
            || seconds < ShortestNoopInterval || seconds > TimeSpan.MaxValue.TotalSeconds / 2)
            return Status.InvalidArguments;
        session.NoopInterval = TimeSpan.FromSeconds(seconds);
        return Status.Success;
    }

    private static Status When(bool fine) => fine ? Status.Success : Status.InvalidArguments;
}
