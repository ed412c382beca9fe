using System.Globalization;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Connections;
using ActorDcp.Producer.Dcp;

namespace ActorDcp.Producer.Statistics;

/// <summary>The groups about DCP connections, in the order of a real node. What a node of this kind has none of stands at 0.</summary>
internal static class DcpStatistics
{
    private const string Prefix = "eq_dcpq:";
    private const long BackfillBuffer = 20 * 1024 * 1024;
    private const long StuckTimeout = 720;
    private const long RunningBackfills = 65;

    /// <summary>Each connection, then all together, then each stream.</summary>
    public static IEnumerable<Statistic> All(ProducerServices services, DcpStatisticsFilter filter)
    {
        var sessions = Look(services).Where(look => filter.User is null || look.Connection.User == filter.User)
            .Where(look => filter.Port is null || (look.Connection.Remote as System.Net.IPEndPoint)?.Port == filter.Port).ToList();
        foreach (var (connection, session, facts) in sessions)
            foreach (var (name, value) in OfSession(services, connection, session, facts))
                yield return new Statistic($"{Prefix}{session.Name}:{name}", value);
        foreach (var total in Totals(sessions))
            yield return total;
        if (!filter.ShowsStreams)
            yield break;
        foreach (var (connection, session, facts) in sessions)
            for (var i = 0; i < facts.Streams.Count; i++)
                foreach (var (name, value) in OfStream(facts.Streams[i], facts.Shown[i] ?? AllCollections(services)))
                    yield return new Statistic($"{Prefix}{session.Name}:stream_{facts.Streams[i].Address.VBucket}_{name}", value);
    }

    /// <summary>Sums over all connections, and by what stands before a separator in their names.</summary>
    public static IEnumerable<Statistic> Aggregated(ProducerServices services, string separator)
    {
        var sessions = Look(services);
        var kinds = sessions.GroupBy(look => KindOf(look.Session.Name, separator)).OrderBy(kind => kind.Key, StringComparer.Ordinal);
        foreach (var sum in Sums(":total", sessions))
            yield return sum;
        foreach (var kind in kinds)
            foreach (var sum in Sums(kind.Key, [.. kind]))
                yield return sum;
    }

    /// <summary>How far a connection's stream is from having everything.</summary>
    public static IEnumerable<Statistic> Takeover(ProducerServices services, VBucket vbucket, string name)
    {
        var look = Look(services).FirstOrDefault(candidate => candidate.Session?.Name == name);
        var stream = look.Facts?.Streams.FirstOrDefault(candidate => candidate.Address.VBucket == vbucket.Id);
        var left = stream is null ? 0 : vbucket.HighSeqno - Math.Min(vbucket.HighSeqno, stream.LastSentSeqno);
        if (name.Length > 0)
            yield return new Statistic("name", Prefix + name);
        yield return new Statistic("status", stream is null ? "stream_does_not_exist" : !stream.IsActive ? "stream_is_dead" : stream.IsInBackfill ? "backfilling" : "in-memory");
        yield return new Statistic("backfillRemaining", stream is { IsInBackfill: true } ? left : 0);
        yield return new Statistic("estimate", left);
        yield return new Statistic("chk_items", stream is { IsInBackfill: true } ? 0 : left);
        yield return new Statistic("vb_items", (long)vbucket.DocumentCount);
        yield return new Statistic("on_disk_deletes", 0L);
    }

    private static List<(ClientConnection Connection, DcpSession Session, DcpSessionFacts Facts)> Look(ProducerServices services)
    {
        var found = new List<(ClientConnection, DcpSession, DcpSessionFacts)>();
        foreach (var connection in services.Connections.All.OrderBy(connection => connection.OpenedAt))
            lock (connection.Gate)
                if (connection.Dcp is { } session)
                    found.Add((connection, session, session.Look()));
        return found;
    }

    private static IEnumerable<(string, string)> OfSession(
        ProducerServices services, ClientConnection connection, DcpSession session, DcpSessionFacts facts)
    {
        yield return ("user", $"<ud>{connection.User}</ud>");
        yield return ("type", "producer");
        yield return ("created", Text((long)services.Time.GetElapsedTime(connection.OpenedAt).TotalSeconds));
        yield return ("pending_disconnect", "false");
        yield return ("supports_ack", "true");
        var pauses = session.Pauses;
        yield return ("paused", Text(pauses.IsPaused));
        yield return ("paused_count", Text(pauses.OfWindow.Begun));
        yield return ("unpaused_count", Text(pauses.OfWindow.Ended));
        yield return ("paused_current_reason", facts.IsPaused ? "BufferLogFull" : "ReadyListEmpty");
        yield return ("paused_current_duration", Milliseconds(pauses.Current));
        yield return ("paused_previous_Initializing_count", "1");
        yield return ("paused_previous_Initializing_duration", "0 us");
        yield return ("paused_previous_ReadyListEmpty_count", Text(pauses.OfNothingToSend.Count));
        yield return ("paused_previous_ReadyListEmpty_duration", Milliseconds(pauses.OfNothingToSend.Duration));
        yield return ("priority", CultureInfo.InvariantCulture.TextInfo.ToTitleCase(session.Priority));
        yield return ("flatbuffers_system_events", Text(session.FlatSystemEvents));
        yield return ("change_streams_enabled", "false");
        yield return ("items_sent", Text(facts.ItemsSent));
        yield return ("items_remaining", Text(facts.Streams.Sum(stream => (long)stream.ItemsRemaining)));
        yield return ("total_bytes_sent", Text(facts.BytesSent));
        yield return ("total_uncompressed_data_size", Text(facts.InflatedBytesSent));
        yield return ("last_sent_time", SecondsAfter(connection.OpenedAt, facts.LastSent ?? connection.OpenedAt, services.Time));
        yield return ("last_receive_time", SecondsAfter(connection.OpenedAt, connection.LastReceived, services.Time));
        foreach (var setting in Settings(session, facts))
            yield return setting;
        foreach (var flow in FlowControl(facts))
            yield return flow;
        yield return ("ckpt_processor_queue_size", "0");
        yield return ("ckpt_processor_queue_notified", "false");
        yield return ("dcp_ready_queue_size", Text(facts.ReadyStreams));
        yield return ("num_streams", Text(facts.Streams.Count));
        yield return ("num_dead_streams", Text(facts.Streams.Count(stream => !stream.IsActive)));
    }

    private static IEnumerable<(string, string)> Settings(DcpSession session, DcpSessionFacts facts)
    {
        var backfilling = facts.Streams.Count(stream => stream.IsInBackfill);
        yield return ("noop_enabled", Text(session.NoopEnabled));
        yield return ("noop_tx_interval", $"{session.NoopInterval.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s");
        yield return ("noop_wait", Text(facts.NoopIsOutstanding));
        yield return ("force_value_compression", Text(session.ForcesCompression));
        yield return ("cursor_dropping", Text(session.CursorsMayBeDropped));
        yield return ("send_stream_end_on_client_close_stream", Text(session.SendsEndOnClose));
        yield return ("enable_expiry_opcode", Text(session.SendsExpirations));
        yield return ("enable_stream_id", Text(session.StreamIdsEnabled));
        yield return ("synchronous_replication", Text(session.SyncWrites && session.ConsumerName is not null));
        yield return ("synchronous_writes", Text(session.SyncWrites));
        yield return ("should_disconnect_when_stuck", "false");
        yield return ("disconnect_when_stuck_timeout", Text(StuckTimeout));
        yield return ("backfill_buffer_bytes_read", "0");
        yield return ("backfill_buffer_max_bytes", Text(BackfillBuffer));
        yield return ("backfill_buffer_full", "false");
        yield return ("backfill_num_initializing", "0");
        yield return ("backfill_num_active", Text(backfilling));
        yield return ("backfill_num_snoozing", "0");
        yield return ("backfill_num_pending", Text(facts.WaitingBackfills));
        yield return ("backfill_order", session.Backfills.IsSequential ? "sequential" : "round-robin");
    }

    private static IEnumerable<(string, string)> FlowControl(DcpSessionFacts facts)
    {
        if (facts.Window > 0)
        {
            yield return ("max_buffer_bytes", Text(facts.Window));
            yield return ("unacked_bytes", Text(facts.Outstanding));
            yield return ("total_acked_bytes", Text(facts.Acknowledged));
        }
        yield return ("flow_control", facts.Window > 0 ? "enabled" : "disabled");
        if (facts.Window == 0)
            yield break;
        yield return ("flow_control_last_checked_acked_bytes", "nullopt");
        yield return ("flow_control_last_checked_time", "0");
    }

    private static IEnumerable<Statistic> Totals(List<(ClientConnection, DcpSession, DcpSessionFacts Facts)> sessions)
    {
        var streams = sessions.SelectMany(look => look.Facts.Streams).ToList();
        var bytes = sessions.Sum(look => look.Facts.BytesSent);
        yield return new Statistic("ep_dcp_count", (long)sessions.Count);
        yield return new Statistic("ep_dcp_producer_count", (long)sessions.Count);
        yield return new Statistic("ep_dcp_consumer_count", 0L);
        yield return new Statistic("ep_dcp_total_bytes", bytes);
        yield return new Statistic("ep_dcp_total_uncompressed_data_size", sessions.Sum(look => look.Facts.InflatedBytesSent));
        yield return new Statistic("ep_dcp_queue_fill", 0L);
        yield return new Statistic("ep_dcp_backfill_disk", streams.Sum(stream => stream.BackfilledItems));
        yield return new Statistic("ep_dcp_backfill_memory", 0L);
        yield return new Statistic("ep_dcp_items_sent", sessions.Sum(look => look.Facts.ItemsSent));
        yield return new Statistic("ep_dcp_items_remaining", streams.Sum(stream => (long)stream.ItemsRemaining));
        yield return new Statistic("ep_dcp_num_running_backfills", (long)streams.Count(stream => stream.IsInBackfill));
        yield return new Statistic("ep_dcp_max_running_backfills", RunningBackfills);
        yield return new Statistic("ep_dcp_dead_conn_count", 0L);
    }

    private static IEnumerable<(string, string)> OfStream(DcpStream stream, uint[] collections)
    {
        var request = stream.Request;
        yield return ("flags", Text((long)request.Flags));
        // a real node shows the bytes of the wire as a number of its own byte order
        yield return ("opaque", Text(System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(stream.Address.Opaque)));
        yield return ("start_seqno", Text(request.Start));
        yield return ("end_seqno", Text(stream.EndSeqno));
        yield return ("vb_uuid", Text(request.Uuid));
        yield return ("snap_start_seqno", Text(request.SnapshotStart));
        yield return ("snap_end_seqno", Text(request.SnapshotEnd));
        yield return ("state", StateOf(stream));
        yield return ("items_ready", "false");
        yield return ("readyQ_items", "0");
        yield return ("backfill_disk_items", Text(stream.BackfilledItems));
        yield return ("backfill_mem_items", "0");
        yield return ("backfill_sent", Text(stream.BackfilledItems));
        yield return ("memory_phase", Text(stream.MemoryItems));
        yield return ("last_sent_seqno", Text(stream.LastSentSeqno));
        yield return ("last_sent_seqno_advance", Text(stream.LastAdvance));
        yield return ("last_sent_snap_end_seqno", Text(stream.LastMarkerEnd));
        yield return ("last_read_seqno", Text(stream.LastSentSeqno));
        yield return ("ready_queue_memory", "0");
        yield return ("backfill_buffer_bytes", "0");
        yield return ("backfill_buffer_items", "0");
        yield return ("cursor_registered", Text(stream.HasCursor));
        yield return ("change_streams_enabled", "false");
        yield return ("filter_type", request.View.IsLegacy ? "legacy" : request.View.IsFiltered ? "filter" : "uservisible");
        yield return ("filter_default_allowed", Text(collections.Contains(0u)));
        yield return ("filter_sid", stream.Address.HasStreamId ? $"sid:{stream.Address.StreamId}" : "sid:none");
        yield return ("filter_size", Text(collections.Length));
        yield return ("filter_cids", string.Join(",", collections.Select(id => $"0x{id:x}")));
    }

    private static uint[] AllCollections(ProducerServices services) =>
        [.. services.Bucket.Collections.Current.Scopes.SelectMany(scope => scope.Collections).Select(collection => collection.Id).Reverse()];

    private static IEnumerable<Statistic> Sums(string prefix, List<(ClientConnection, DcpSession, DcpSessionFacts Facts)> sessions)
    {
        var streams = sessions.SelectMany(look => look.Facts.Streams).ToList();
        var bytes = sessions.Sum(look => look.Facts.BytesSent);
        yield return new Statistic(prefix + ":count", (long)sessions.Count);
        yield return new Statistic(prefix + ":backoff", 0L);
        yield return new Statistic(prefix + ":producer_count", (long)sessions.Count);
        yield return new Statistic(prefix + ":activestream_count", (long)streams.Count);
        yield return new Statistic(prefix + ":passivestream_count", 0L);
        yield return new Statistic(prefix + ":items_backfilled_disk", streams.Sum(stream => stream.BackfilledItems));
        yield return new Statistic(prefix + ":items_backfilled_memory", 0L);
        yield return new Statistic(prefix + ":items_sent", sessions.Sum(look => look.Facts.ItemsSent));
        yield return new Statistic(prefix + ":items_remaining", streams.Sum(stream => (long)stream.ItemsRemaining));
        yield return new Statistic(prefix + ":total_bytes", bytes);
        yield return new Statistic(prefix + ":total_uncompressed_data_size", sessions.Sum(look => look.Facts.InflatedBytesSent));
        yield return new Statistic(prefix + ":ready_queue_bytes", 0L);
        yield return new Statistic(prefix + ":paused_count", 0L);
        yield return new Statistic(prefix + ":unpaused_count", 0L);
    }

    private static string KindOf(string name, string separator)
    {
        var end = name.IndexOf(separator, StringComparison.Ordinal);
        return end < 0 ? "_unknown" : name[..end];
    }

    private static string StateOf(DcpStream stream) => !stream.IsActive ? "dead" : stream.IsInBackfill ? "backfilling"
        : stream.AwaitsState ? "takeover-wait" : stream.IsTakeOver ? "takeover-send" : "in-memory";

    private static string SecondsAfter(long begin, long timestamp, TimeProvider time) =>
        time.GetElapsedTime(begin, timestamp).TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);

    private static string Milliseconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalMilliseconds} ms");

    private static string Text(bool value) => value ? "true" : "false";

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Text(ulong value) => value.ToString(CultureInfo.InvariantCulture);
}
