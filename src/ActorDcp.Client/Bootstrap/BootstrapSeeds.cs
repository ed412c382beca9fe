using Microsoft.Extensions.Logging;

namespace ActorDcp.Client;

/// <summary>
/// Finds where a cluster map can be asked for, as often as one is needed: nodes behind a service record change (dcp-reference.md 2.8).
/// Thread-safe.
/// </summary>
public sealed class BootstrapSeeds
{
    /// <summary>How long an answer of the DNS is good: many may ask at once, and each round of tries asks again.</summary>
    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(15);

    private readonly CouchbaseAddress _address;
    private readonly bool _tls;
    private readonly ServiceLookup _lookup;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private volatile Answer? _last;

    /// <summary>Makes one that asks the system's name servers.</summary>
    /// <param name="address">What was written.</param>
    /// <param name="tls">Whether TLS is spoken.</param>
    /// <param name="time">Clock.</param>
    /// <param name="log">Where a name server that does not answer is told of.</param>
    public BootstrapSeeds(CouchbaseAddress address, bool tls, TimeProvider time, ILogger log)
        : this(address, tls, new ServiceLookup(), time, log)
    {
    }

    internal BootstrapSeeds(CouchbaseAddress address, bool tls, ServiceLookup lookup, TimeProvider time, ILogger log)
    {
        ArgumentNullException.ThrowIfNull(address);
        _address = address;
        _tls = tls;
        _lookup = lookup;
        _time = time;
        _log = log;
    }

    /// <summary>The places in the order to try them; never empty, never fails for the DNS's sake.</summary>
    public async Task<IReadOnlyList<BootstrapSeed>> FindAsync(CancellationToken cancellation)
    {
        if (_address.ServiceName(_tls) is not { } service)
            return _address.Seeds(_tls);
        if (_last is { } last && _time.GetElapsedTime(last.At) < GoodFor)
            return last.Seeds;
        IReadOnlyList<BootstrapSeed> seeds = [];
        try
        {
            seeds = await _lookup.FindAsync(service, cancellation).ConfigureAwait(false);
        }
        catch (DnsClient.DnsResponseException exception)
        {
            ClientLog.ServiceNotFound(_log, service, exception.Message);
        }
        if (seeds.Count == 0)
            seeds = _address.Seeds(_tls);
        _last = new Answer(seeds, _time.GetTimestamp());
        return seeds;
    }

    private sealed record Answer(IReadOnlyList<BootstrapSeed> Seeds, long At);
}
