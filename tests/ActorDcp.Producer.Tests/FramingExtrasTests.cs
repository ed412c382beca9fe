using ActorDcp.Producer.Tests.Documents;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests;

/// <summary>Framing extras of requests (dcp-reference.md 1.4), whichever request has them.</summary>
public sealed class FramingExtrasTests
{
    [Theory]
    [InlineData("barrier", "00", Status.Success)]
    [InlineData("barrier with data", "0100", Status.InvalidArguments)]
    [InlineData("durability of what is not written", "1101", Status.InvalidArguments)]
    [InlineData("stream id of what is no DCP request", "220001", Status.InvalidArguments)]
    [InlineData("preserved expiry of what is not written", "50", Status.InvalidArguments)]
    [InlineData("an unknown id", "90", Status.UnknownFrameInfo)]
    [InlineData("an unknown id behind a known one", "0090", Status.UnknownFrameInfo)]
    [InlineData("an id in a byte of its own", "f0f0", Status.UnknownFrameInfo)]
    [InlineData("a length in a byte of its own", "9f01" + "00000000000000000000000000000000", Status.UnknownFrameInfo)]
    [InlineData("a length behind the end", "1301", Status.InvalidArguments)]
    [InlineData("an escape without its byte", "f0", Status.InvalidArguments)]
    [InlineData("a length in a byte of its own behind the end", "9f0100", Status.InvalidArguments)]
    public async Task An_entry_is_judged_in_every_request(string what, string framing, Status expected)
    {
        await using var client = await DocumentClient.StartAsync();
        await client.SetAsync("k", "1");
        foreach (var (opcode, key, value) in ((Opcode, string, string)[])
            [(Opcode.Noop, "", ""), (Opcode.Version, "", ""), (Opcode.GetClusterConfig, "", ""), (Opcode.Stat, "uuid", ""), (Opcode.Get, "\0k", ""), (Opcode.GetErrorMap, "", "\0\u0002")])
        {
            await client.Raw.SendAsync(opcode, 0, 9, null, System.Text.Encoding.UTF8.GetBytes(key), System.Text.Encoding.UTF8.GetBytes(value), framing: Convert.FromHexString(framing));
            var answer = (await client.Raw.ReadUntilAsync(frame => frame.Header.Opaque == 9))[^1];
            Assert.True(answer.Status == expected, $"{opcode} with {what} was answered with {answer.Status}");
            await client.Raw.AskAsync(Opcode.Noop);
            while (client.Raw.SkippedCount > 0)
                await client.Raw.ReadAsync();
        }
    }

    [Theory]
    [InlineData(1, Status.Success)]
    [InlineData(2, Status.DurabilityInvalidLevel)]
    [InlineData(3, Status.DurabilityInvalidLevel)]
    public async Task An_ephemeral_bucket_cannot_wait_for_a_disk(int level, Status expected)
    {
        await using var client = await DocumentClient.StartAsync(new EmbeddedProducerOptions { VBuckets = 1, Ephemeral = true });

        Assert.Equal(expected, (await client.AskFramedAsync(Opcode.Set, [0x11, (byte)level], new byte[8], "k", "1")).Status);
        Assert.Equal(Status.NotSupported, (await client.Raw.AskAsync(Opcode.SeqnoPersistence, extras: RawClient.U64(1))).Status);
    }
}
