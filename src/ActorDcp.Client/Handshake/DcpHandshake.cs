using System.Globalization;
using ActorDcp.Protocol;
using ActorDcp.Protocol.Requests;

namespace ActorDcp.Client;

/// <summary>Makes a session a DCP connection: OPEN, then the CONTROLs one at a time (dcp-reference.md 3.1, 3.2).</summary>
internal sealed class DcpHandshake(KvSession session, DcpConnectionOptions options)
{
    private const string On = "true";

    // absent from the protocol layer's list: lets us answer data messages with the newer statuses
    private const string V7StatusCodes = "v7_dcp_status_codes";

    private readonly Dictionary<string, string> _refused = [];
    private readonly List<string> _accepted = [];

    /// <summary>Settings that the node took.</summary>
    internal IReadOnlyList<string> Accepted => _accepted;

    /// <summary>Features that a DCP connection asks for. Never UnorderedExecution, with which DCP does not work.</summary>
    internal static HelloFeature[] Features(DcpConnectionOptions options)
    {
        List<HelloFeature> features =
        [
            HelloFeature.TcpNoDelay, HelloFeature.Xattr, HelloFeature.Xerror, HelloFeature.SelectBucket, HelloFeature.Json,
            HelloFeature.Duplex, HelloFeature.ClustermapChangeNotification, HelloFeature.ClustermapChangeNotificationBrief,
            HelloFeature.GetClusterConfigWithKnownVersion, HelloFeature.DedupeNotMyVbucketClustermap,
        ];
        if (options.Compression != DcpCompression.Off)
            features.Add(HelloFeature.Snappy);
        if (options.Collections)
            features.Add(HelloFeature.Collections);
        if (options.StreamIds)
            features.Add(HelloFeature.AltRequest);
        if (options.SkipDeletesInInitialBackfill)
            features.Add(HelloFeature.DcpSkipDeletesInInitialBackfill);
        return [.. features];
    }

    /// <summary>Opens; returns the settings that the node refused.</summary>
    internal async Task<IReadOnlyDictionary<string, string>> RunAsync(CancellationToken deadline)
    {
        var name = DcpConnectionName.Parse(options.Name);
        var response = await session.Transport.RequestAsync(
            "DCP_OPEN", (output, opaque) => DcpRequests.WriteOpen(output, opaque, name, Flags()), deadline).ConfigureAwait(false);
        if (!response.IsSuccess)
            throw StatusFault.Of($"to open DCP connection '{options.Name}'", session.Endpoint, response);
        foreach (var (key, value, isRequired) in Controls())
            await ControlAsync(key, value, isRequired, deadline).ConfigureAwait(false);
        return _refused;
    }

    private DcpOpenFlags Flags()
    {
        var flags = DcpOpenFlags.Producer;
        if (options.Xattrs)
            flags |= DcpOpenFlags.IncludeXattrs;
        if (options.Xattrs && options.DeletedUserXattrs)
            flags |= DcpOpenFlags.IncludeDeletedUserXattrs;
        if (options.NoValue)
            flags |= options.UnderlyingDatatype ? DcpOpenFlags.NoValueWithUnderlyingDatatype : DcpOpenFlags.NoValue;
        if (options.DeleteTimes)
            flags |= DcpOpenFlags.IncludeDeleteTimes;
        if (options.SkipDeletesInInitialBackfill && session.Features.Contains(HelloFeature.DcpSkipDeletesInInitialBackfill))
            flags |= DcpOpenFlags.SkipDeletesInInitialBackfill;
        return flags;
    }

    private IEnumerable<(string Key, string Value, bool IsRequired)> Controls()
    {
        yield return (ControlKeys.EnableNoop, On, true);
        yield return (ControlKeys.SetNoopInterval, options.NoopInterval.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture), true);
        if (options.Window > 0)
            yield return (ControlKeys.ConnectionBufferSize, options.Window.ToString(CultureInfo.InvariantCulture), true);
        yield return (ControlKeys.SendStreamEndOnClientCloseStream, On, false);
        yield return (ControlKeys.SupportsCursorDropping, On, false);
        yield return (V7StatusCodes, On, false);
        if (options.DeleteTimes)
            yield return (ControlKeys.EnableExpiryOpcode, On, false);
        if (options.Priority != DcpPriority.Medium)
            yield return (ControlKeys.SetPriority, options.Priority == DcpPriority.High ? "high" : "low", false);
        if (options.Compression == DcpCompression.Forced)
            yield return (ControlKeys.ForceValueCompression, On, false);
        if (options.StreamIds)
            yield return (ControlKeys.EnableStreamId, On, true);
        if (options.SyncWrites)
            yield return (ControlKeys.EnableSyncWrites, On, true);
        if (session.Features.Contains(HelloFeature.Collections))
        {
            if (options.Oso)
                yield return (ControlKeys.EnableOutOfOrderSnapshots, "true_with_seqno_advanced", false);
            if (options.MaxMarker22)
                yield return (ControlKeys.MaxMarkerVersion, "2.2", false);
            yield return (ControlKeys.FlatbuffersSystemEvents, On, false);
        }
        if (options.ChangeStreams)
            yield return (ControlKeys.ChangeStreams, On, false);
    }

    // an old node answers EINVAL to a key it does not know: the feature is absent, unless we cannot do without
    private async Task ControlAsync(string key, string value, bool isRequired, CancellationToken deadline)
    {
        var response = await session.Transport.RequestAsync(
            $"setting {key}", (output, opaque) => DcpRequests.WriteControl(output, opaque, key, value), deadline).ConfigureAwait(false);
        if (response.IsSuccess)
        {
            _accepted.Add($"{key}={value}");
            return;
        }
        if (isRequired || response.Meaning.IsRetried)
            throw StatusFault.Of($"setting {key}={value}", session.Endpoint, response);
        _refused[key] = StatusFault.Words(response);
    }
}
