using ActorDcp.Producer;
using ActorDcp.Protocol.Sasl;
using Microsoft.Extensions.Logging.Abstractions;

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

    internal static DcpConnectionOptions For(EmbeddedProducer producer)
    {
        var options = For(new KvEndpoint("127.0.0.1", producer.Endpoint.Port));
        return options with
        {
            Kv = options.Kv with { Credentials = new KvCredentials("Administrator", "password"), SaslMechanism = null },
        };
    }

    /// <summary>Opens a stream that must be accepted.</summary>
    internal static async Task<DcpStream> StreamAsync(
        this DcpConnection connection, int vbucket, StreamOffset from = default, Seqno? until = null)
    {
        var request = new StreamRequest(VBucketId.From(vbucket), from, until ?? Seqno.Max);
        var result = await connection.RequestStreamAsync(request, CancellationToken.None).InTimeAsync();
        return Assert.IsType<StreamRequestResult.Opened>(result).Source;
    }

    internal static Task<DcpConnection> OpenAsync(this DcpConnectionOptions options) =>
        DcpConnection.OpenAsync(options, TimeProvider.System, NullLogger.Instance, CancellationToken.None).InTimeAsync();
}
