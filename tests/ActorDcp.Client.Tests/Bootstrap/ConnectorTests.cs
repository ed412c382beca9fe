using System.Net;
using System.Net.Sockets;
using ActorDcp.Producer;

namespace ActorDcp.Client.Tests.Bootstrap;

public sealed class ConnectorTests
{
    // a loopback address on which nothing listens
    private static readonly IPAddress Closed = IPAddress.Parse("127.0.0.2");

    [Fact]
    public async Task Every_address_of_a_name_is_tried()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });

        await using var connection = await OpenAsync(producer, _ => [Closed, IPAddress.Loopback]);

        Assert.NotEmpty(connection.Info.ServerVersion);
    }

    [Fact]
    public async Task When_none_answers_each_is_named()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });

        var error = await Assert.ThrowsAsync<KvConnectionException>(() => OpenAsync(producer, _ => [Closed, IPAddress.Parse("127.0.0.3")]));

        Assert.True(error.IsRetryable);
        Assert.Contains("127.0.0.2", error.Message, StringComparison.Ordinal);
        Assert.Contains("127.0.0.3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_is_looked_up_at_each_connect()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        var lookups = new List<string>();
        IPAddress[] Resolve(string name)
        {
            lookups.Add(name);
            return lookups.Count == 1 ? [Closed] : [IPAddress.Loopback];
        }

        await Assert.ThrowsAsync<KvConnectionException>(() => OpenAsync(producer, Resolve));
        await using var connection = await OpenAsync(producer, Resolve);

        Assert.Equal(["db.example.com", "db.example.com"], lookups);
    }

    [Fact]
    public async Task A_name_that_is_not_there_is_said_so_and_may_come_back()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });

        var error = await Assert.ThrowsAsync<KvConnectionException>(
            () => OpenAsync(producer, _ => throw new SocketException((int)SocketError.HostNotFound)));

        Assert.True(error.IsRetryable);
        Assert.Contains("db.example.com", error.Message, StringComparison.Ordinal);
    }

    private static Task<DcpConnection> OpenAsync(EmbeddedProducer producer, Func<string, IPAddress[]> resolve)
    {
        var options = Options.For(producer);
        return (options with
        {
            Kv = options.Kv with
            {
                Endpoint = new KvEndpoint("db.example.com", producer.Endpoint.Port),
                Resolve = (name, _) => Task.FromResult(resolve(name)),
            },
        }).OpenAsync();
    }
}
