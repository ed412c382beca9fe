using System.Globalization;
using System.Text;
using ActorDcp.Producer.Connections;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Dcp;

/// <summary>CONTROL (dcp-reference.md 3.2).</summary>
internal static class ControlCommand
{
    private const double ShortestNoopInterval = 0.1;

    public static void Handle(ClientConnection connection, DcpSession session, in Frame frame)
    {
        var header = frame.Header;
        if (header.ExtrasLength != 0 || header.KeyLength == 0 || header.ValueLength == 0)
        {
            connection.Refuse(header, Status.InvalidArguments);
            return;
        }
        Status status;
        lock (connection.Gate)
            status = Apply(connection, session, Encoding.UTF8.GetString(frame.Key), Encoding.UTF8.GetString(frame.Value));
        if (status == Status.Success)
            connection.Respond(header);
        else
            connection.Refuse(header, status, status == Status.InvalidArguments ? "unknown setting or value" : null);
    }

    private static Status Apply(ClientConnection connection, DcpSession session, string key, string value)
    {
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
                session.NoopEnabled = value == "true";
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
                session.SendsExpirations = value == "true" && session.IncludesDeleteTimes;
                return Status.Success;
            case "include_deleted_user_xattrs":
                return When(value == "true" && (session.Flags & OpenFlags.IncludeDeletedUserXattrs) != 0);
            case "supports_cursor_dropping" or "supports_cursor_dropping_vulcan":
                return TrySetFlag(value, on => session.CursorsMayBeDropped = on);
            case "supports_hifi_MFU" or "enable_out_of_order_snapshots":
                return Status.Success;
            case "force_value_compression":
                session.ForcesCompression = value == "true" && connection.Features.Snappy;
                return When(connection.Features.Snappy);
            case "backfill_order":
                session.SequentialBackfills = value == "sequential";
                return When(value is "round-robin" or "sequential");
            case "change_streams":
                return Status.NotSupported;
            default:
                return ApplyOneWay(session, key, value);
        }
    }

    /// <summary>Settings that can only be switched on.</summary>
    private static Status ApplyOneWay(DcpSession session, string key, string value)
    {
        switch (key)
        {
            case "send_stream_end_on_client_close_stream":
                session.SendsEndOnClose |= value == "true";
                return When(value == "true");
            case "enable_stream_id":
                if (session.SyncWrites)
                    return Status.NotSupported;
                session.StreamIdsEnabled |= value == "true";
                return When(value == "true");
            case "v7_dcp_status_codes":
                session.StrictStatusCodes |= value == "true";
                return When(value == "true");
            case "flatbuffers_system_events":
                session.FlatSystemEvents |= value == "true";
                return When(value == "true");
            case "max_marker_version":
                if (!session.Collections)
                    return Status.NotSupported;
                session.MarkersUpToV22 |= value == "2.2";
                return When(value == "2.2");
            case "enable_sync_writes":
                if (session.StreamIdsEnabled)
                    return Status.NotSupported;
                session.SyncWrites |= value == "true";
                return When(value == "true");
            case "consumer_name":
                session.ConsumerName = value;
                return Status.Success;
            default:
                return Status.InvalidArguments;
        }
    }

    private static Status SetNoopInterval(DcpSession session, string value)
    {
        if (!double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
            || seconds < ShortestNoopInterval || seconds > TimeSpan.MaxValue.TotalSeconds / 2)
            return Status.InvalidArguments;
        session.NoopInterval = TimeSpan.FromSeconds(seconds);
        return Status.Success;
    }

    private static Status TrySetFlag(string value, Action<bool> set)
    {
        if (value is not ("true" or "false"))
            return Status.InvalidArguments;
        set(value == "true");
        return Status.Success;
    }

    private static Status When(bool fine) => fine ? Status.Success : Status.InvalidArguments;
}
