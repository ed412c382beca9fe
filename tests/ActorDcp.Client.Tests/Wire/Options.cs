using Microsoft.Extensions.Logging.Abstractions;
using ActorDcp.Protocol.Sasl;

namespace ActorDcp.Client.Tests;

/// <summary>Options for tests: short names for what most of them share.</summary>
internal static class Options
{
    internal static DcpConnectionOptions For(KvEndpoint endpoint) => new()
    {
        Kv = new KvConnectionOptions
        {
            Endpoint = endpoint,
            Bucket = "default",
            Credentials = new KvCredentials("dcp", "dcppass"),
            SaslMechanism = SaslMechanism.Plain,
        },
        Name = "test",
    };

    internal static Task<DcpConnection> OpenAsync(this DcpConnectionOptions options) =>
        DcpConnection.OpenAsync(options, TimeProvider.System, NullLogger.Instance, CancellationToken.None).InTimeAsync();
}
