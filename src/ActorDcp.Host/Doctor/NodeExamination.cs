using System.Globalization;
using ActorDcp.Client;
using ActorDcp.Host.CommandLine;
using ActorDcp.Protocol;
using ActorDcp.Protocol.Requests;
using ActorDcp.Protocol.Responses;

namespace ActorDcp.Host.Doctor;

/// <summary>
/// Looks at one data node, stage by stage, each with a connection of its own so that what is refused is told apart: port, TLS and
/// login, bucket, DCP. A stage that fails ends the examination.
/// </summary>
internal sealed class NodeExamination(KvEndpoint node, ConnectionChoice where, VBucketId? active, TimeProvider time, ILogger log)
{
    private const int Pings = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan NoticedSkew = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan HarmfulSkew = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SoonExpired = TimeSpan.FromDays(14);

    private readonly Diagnosis _diagnosis = new(node.ToString());

    private KvConnectionOptions Kv => where.Kv with { Endpoint = node };

    /// <param name="others">Further ports that the node announces, by what they are.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Diagnosis> RunAsync(IEnumerable<(string Name, KvEndpoint Endpoint)> others, CancellationToken cancellationToken)
    {
        var (address, milliseconds, fault) = await Ports.TryAsync(node, Patience, time, cancellationToken).ConfigureAwait(false);
        if (address is null)
            _diagnosis.Broken("data port", fault, "is the node running, and is the port open on the way to it (firewall)? If the node is lost, fail it over; if it is known by another address, try ?network=external");
        else
            _diagnosis.Ok("data port", $"reached at {address}", milliseconds);
        foreach (var (name, endpoint) in others)
            await LookAtOtherAsync(name, endpoint, cancellationToken).ConfigureAwait(false);
        if (address is not null
            && await StageAsync("login", LogInAsync, cancellationToken).ConfigureAwait(false)
            && await StageAsync("bucket", EnterBucketAsync, cancellationToken).ConfigureAwait(false))
            await StageAsync("DCP privilege", OpenAsync, cancellationToken).ConfigureAwait(false);
        return _diagnosis;
    }

    private async Task LookAtOtherAsync(string name, KvEndpoint endpoint, CancellationToken cancellationToken)
    {
        var (address, milliseconds, fault) = await Ports.TryAsync(endpoint, Patience, time, cancellationToken).ConfigureAwait(false);
        if (address is null)
            _diagnosis.Note(name, $"{endpoint}: {fault}", "not used with this --connection; open it if others need it");
        else
            _diagnosis.Ok(name, $"reached at {address}", milliseconds);
    }

    private async Task<bool> StageAsync(string stage, Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        try
        {
            await work(cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is KvConfigurationException or KvConnectionException or ProtocolException)
        {
            _diagnosis.Broken(Remedies.CheckOf(e, stage), e.Message, Remedies.Of(e, where.IsTls));
            return false;
        }
    }

    private async Task LogInAsync(CancellationToken cancellationToken)
    {
        var connection = await KvConnection.OpenAsync(Kv with { Bucket = null }, time, log, cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            LookAtTls(connection.Tls);
            if (connection.Mechanism == "PLAIN" && !where.IsTls)
                _diagnosis.Warn("login", "by PLAIN without TLS", "everybody on the way can read the password: leave --auth plain out, or use TLS");
            else
                _diagnosis.Ok("login", $"by {connection.Mechanism}");
            _diagnosis.Ok("server version", connection.ServerVersion.Length == 0 ? "not told" : connection.ServerVersion);
            var times = new List<double>();
            for (var i = 0; i < Pings; i++)
            {
                var begun = time.GetTimestamp();
                await connection.PingAsync(cancellationToken).ConfigureAwait(false);
                times.Add(time.GetElapsedTime(begun).TotalMilliseconds);
            }
            times.Sort();
            _diagnosis.Ok("round trip", string.Create(CultureInfo.InvariantCulture, $"{times[Pings / 2]:0.00} ms, median of {Pings}"), times[Pings / 2]);
        }
    }

    private void LookAtTls(TlsFacts? tls)
    {
        if (tls is null)
        {
            _diagnosis.Note("TLS", "off", "documents travel in the clear: write couchbases:// where the network is not your own");
            return;
        }
        var seen = $"{tls.Protocol}, {tls.CipherSuite}; certificate of {tls.Subject} until {tls.ValidUntil:yyyy-MM-dd}";
        if (tls.ValidUntil - time.GetUtcNow() < SoonExpired)
            _diagnosis.Warn("TLS", seen, "renew the node's certificate soon");
        else
            _diagnosis.Ok("TLS", seen);
    }

    private async Task EnterBucketAsync(CancellationToken cancellationToken)
    {
        var connection = await KvConnection.OpenAsync(Kv, time, log, cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            IReadOnlyDictionary<string, string> statistics;
            var asked = time.GetTimestamp();
            try
            {
                statistics = await connection.GetStatisticsAsync("", cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is KvConfigurationException or KvConnectionException { IsRetryable: false })
            {
                _diagnosis.Ok("bucket", $"{where.Bucket} can be selected");
                _diagnosis.Note("statistics", e.Message, "bucket type and clock cannot be told: they need the privilege to read statistics");
                return;
            }
            _diagnosis.Ok("bucket", $"{where.Bucket}, {statistics.GetValueOrDefault("ep_bucket_type", "of unknown type")}");
            LookAtClock(statistics, time.GetElapsedTime(asked));
        }
    }

    private void LookAtClock(IReadOnlyDictionary<string, string> statistics, TimeSpan roundTrip)
    {
        if (!long.TryParse(statistics.GetValueOrDefault("time"), CultureInfo.InvariantCulture, out var seconds))
        {
            _diagnosis.Note("clock", "not told", "this server's statistics have no time");
            return;
        }
        // the node tells whole seconds, cut off
        var difference = DateTimeOffset.FromUnixTimeSeconds(seconds).AddSeconds(0.5) - (time.GetUtcNow() - roundTrip / 2);
        var milliseconds = difference.TotalMilliseconds;
        var seen = difference.Duration() < TimeSpan.FromSeconds(1)
            ? "as ours, to the second"
            : string.Create(CultureInfo.InvariantCulture, $"{difference.Duration().TotalSeconds:0} s {(difference > TimeSpan.Zero ? "ahead of" : "behind")} ours");
        const string Mend = "set both clocks by NTP: expiry, delete times and the order of conflicting writes go by them";
        if (difference.Duration() >= HarmfulSkew)
            _diagnosis.Broken("clock", seen, Mend, milliseconds);
        else if (difference.Duration() >= NoticedSkew)
            _diagnosis.Warn("clock", seen, Mend, milliseconds);
        else
            _diagnosis.Ok("clock", seen, milliseconds);
    }

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        var options = new DcpConnectionOptions
        {
            Kv = Kv,
            Name = DcpConnectionName.Create("actordcp/doctor", Environment.MachineName, Guid.NewGuid().ToString("n")).Value,
            // everything that a node may refuse without harm, to hear what it does
            Xattrs = true,
            Oso = true,
            ChangeStreams = true,
            SkipDeletesInInitialBackfill = true,
            Compression = DcpCompression.Forced,
        };
        var connection = await DcpConnection.OpenAsync(options, time, log, cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            _diagnosis.Ok("DCP privilege", "a DCP connection opens");
            _diagnosis.Ok("features", $"granted: {string.Join(", ", connection.Info.Features.Order())}");
            foreach (var feature in connection.Info.MissingFeatures)
                _diagnosis.Note($"feature {feature}", "not granted", Remedies.Of(feature));
            _diagnosis.Ok("controls", $"accepted: {string.Join(", ", connection.Info.AcceptedControls)}");
            foreach (var (key, status) in connection.Info.RefusedControls)
                _diagnosis.Note($"control {key}", status, Remedies.OfControl(key));
            LookAtErrorMap(connection.Info.ErrorMap);
            if (active is { } vbucket)
                await StreamAsync(connection, vbucket, cancellationToken).ConfigureAwait(false);
        }
    }

    private void LookAtErrorMap(ErrorMap map)
    {
        if (map.Errors.Count > 0)
            _diagnosis.Ok("error map", string.Create(CultureInfo.InvariantCulture, $"version {map.Version}, revision {map.Revision}, {map.Errors.Count} statuses"));
        else
            _diagnosis.Note("error map", "not given", "refusals that this program does not know come as a number alone");
    }

    /// <summary>A stream from 0 to 0 ends as soon as it is open, and shows that one may be opened.</summary>
    private async Task StreamAsync(DcpConnection connection, VBucketId vbucket, CancellationToken cancellationToken)
    {
        var request = new StreamRequest(vbucket, StreamOffset.Beginning, Seqno.Zero);
        switch (await connection.RequestStreamAsync(request, cancellationToken).ConfigureAwait(false))
        {
            case StreamRequestResult.Opened:
                _diagnosis.Ok("stream", $"one of vbucket {vbucket} opens");
                break;
            case StreamRequestResult.NotMyVBucket:
                _diagnosis.Warn("stream", $"the node no longer has vbucket {vbucket}", "a rebalance may be under way: look again in a minute");
                break;
            case StreamRequestResult.Rollback rollback:
                _diagnosis.Warn("stream", $"vbucket {vbucket} asks to go back to {rollback.Seqno}", "odd for a stream from 0: look at the node's log");
                break;
            case StreamRequestResult.Refused refused:
                _diagnosis.Broken("stream", $"refused for vbucket {vbucket} with {refused.Words}", Remedies.Of(refused.Meaning));
                break;
        }
    }
}
