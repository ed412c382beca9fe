using ActorDcp.Protocol;
using Microsoft.Extensions.Logging;

namespace ActorDcp.Producer.Tests;

public sealed class BrokenFrameTests
{
    public static TheoryData<string, byte[]> Broken => new()
    {
        { "unknown magic", [0x42, .. new byte[23]] },
        { "absurd length", [0x80, 0x01, 0, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, .. new byte[12]] },
        { "key longer than the body", [0x80, 0x01, 0, 9, 0, 0, 0, 0, 0, 0, 0, 2, .. new byte[14]] },
        { "request that only a server starts", [0x82, 0x01, .. new byte[22]] },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task A_broken_frame_drops_its_connection_alone_and_is_logged(string name, byte[] frame)
    {
        var log = new RecordingLog();
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { LoggerFactory = log });
        await using var other = await RawClient.LoginAsync(producer);
        await using var client = await RawClient.LoginAsync(producer);
        await client.SendRawAsync(frame);
        await client.WaitForCloseAsync();
        Assert.Equal(Status.Success, (await other.AskAsync(Opcode.Noop)).Status);
        await log.WaitForAsync(line => line.Level == LogLevel.Warning && line.Text.Contains("dropped", StringComparison.Ordinal), name);
        Assert.DoesNotContain(log.Lines, line => line.Text.Contains("password", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task A_frame_above_16_KiB_is_not_taken_before_authentication()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions());
        await using var client = await RawClient.ConnectAsync(producer);
        await client.SendAsync(Opcode.SaslAuth, 0, 1, key: "PLAIN"u8.ToArray(), value: new byte[17 * 1024]);
        await client.WaitForCloseAsync();
    }

    [Fact]
    public async Task Who_does_not_authenticate_in_time_is_dropped()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { AuthenticationTimeout = TimeSpan.FromMilliseconds(200) });
        await using var client = await RawClient.ConnectAsync(producer);
        await client.WaitForCloseAsync();
    }

    [Fact]
    public async Task Dropping_connections_closes_all_of_them()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions());
        await using var first = await RawClient.LoginAsync(producer);
        await using var second = await RawClient.OpenDcpAsync(producer);
        Assert.Equal(2, producer.DropConnections());
        await first.WaitForCloseAsync();
        await second.WaitForCloseAsync();
    }
}
