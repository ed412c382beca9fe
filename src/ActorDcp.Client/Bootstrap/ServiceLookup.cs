using System.Net;
using DnsClient;
using DnsClient.Protocol;

namespace ActorDcp.Client;

/// <summary>Looks service records up in the DNS (dcp-reference.md 2.8).</summary>
internal sealed class ServiceLookup
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly LookupClient _client;

    /// <summary>Asks the system's name servers, or those given.</summary>
    internal ServiceLookup(params IPEndPoint[] servers)
    {
        var options = servers.Length == 0 ? new LookupClientOptions() : new LookupClientOptions(servers);
        options.UseCache = false;
        options.Timeout = Patience;
        options.Retries = 1;
        _client = new LookupClient(options);
    }

    /// <summary>The data services behind a name, by priority, among equals by the dice that their weights load (RFC 2782).</summary>
    /// <exception cref="DnsResponseException">No name server answers.</exception>
    internal async Task<IReadOnlyList<BootstrapSeed>> FindAsync(string service, CancellationToken cancellation)
    {
        var answer = await _client.QueryAsync(service, QueryType.SRV, cancellationToken: cancellation).ConfigureAwait(false);
        return
        [
            .. answer.Answers.OfType<SrvRecord>()
                // the root alone says that there is no such service
                .Where(record => record.Target.Value.TrimEnd('.').Length > 0)
                .OrderBy(record => record.Priority)
                .ThenByDescending(record => Math.Pow(Random.Shared.NextDouble(), 1.0 / Math.Max(1, (int)record.Weight)))
                .Select(record => new BootstrapSeed(new KvEndpoint(record.Target.Value.TrimEnd('.'), record.Port), CouchbaseService.Data))
        ];
    }
}
