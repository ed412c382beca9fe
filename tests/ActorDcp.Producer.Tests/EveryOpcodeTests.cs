using ActorDcp.Producer.Tests.Documents;
using ActorDcp.Protocol;
using Microsoft.Extensions.Logging;

namespace ActorDcp.Producer.Tests;

/// <summary>Every request has an answer, whatever it is and whoever sends it (dcp-reference.md 1.9).</summary>
public sealed class EveryOpcodeTests
{
    /// <summary>QUIT and its quiet variant.</summary>
    private static readonly HashSet<byte> Ending = [0x07, 0x17];

    private const uint FirstOpaque = 1_000;

    public enum Stage
    {
        BeforeAuthentication,
        WithoutBucket,
        OnBucket,
        OnDcp,
    }

    [Theory]
    [InlineData(Stage.BeforeAuthentication)]
    [InlineData(Stage.WithoutBucket)]
    [InlineData(Stage.OnBucket)]
    [InlineData(Stage.OnDcp)]
    public async Task Each_opcode_is_answered_in_every_form_of_frame_and_the_connection_stays(Stage stage)
    {
        using var log = new RecordingLog();
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1, LoggerFactory = log });
        var silent = new List<string>();
        for (var opcode = 0; opcode <= 0xff; opcode++)
        {
            if (Ending.Contains((byte)opcode))
                continue;
            await using var client = await ReachAsync(producer, stage);
            var forms = Forms().Where(form => (Opcode)opcode != Opcode.SeqnoPersistence || form.Fill == 0).ToList();
            for (var i = 0; i < forms.Count; i++)
                await client.SendAsync((Opcode)opcode, 0, FirstOpaque + (uint)i,
                    Filled(forms[i].Extras, forms[i].Fill), Filled(forms[i].Key, forms[i].Fill), Filled(forms[i].Value, forms[i].Fill));
            try
            {
                // answered at any stage, and in order
                await client.SendAsync(Opcode.GetErrorMap, 0, 78, value: [0, 2]);
                var answers = await client.ReadUntilAsync(frame => frame.Header.IsResponse && frame.Header.Opaque == 78);
                if (!IsSilentWhenWell(opcode))
                    silent.AddRange(forms.Where((_, i) => !answers.Exists(frame => frame.Header.IsResponse && frame.Header.Opaque == FirstOpaque + (uint)i))
                        .Select(form => $"0x{opcode:x2} with {form}"));
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException)
            {
                silent.Add($"0x{opcode:x2}: {exception.GetType().Name}");
            }
        }
        Assert.Empty(silent);
        Assert.DoesNotContain(log.Lines, line => line.Level >= LogLevel.Error);
    }

    /// <summary>Codes that came after the first clients cannot be sent then (dcp-reference.md 1.11).</summary>
    [Fact]
    public async Task Without_HELO_each_opcode_is_answered_or_closes_the_connection()
    {
        using var log = new RecordingLog();
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1, LoggerFactory = log });
        var answered = new List<byte>();
        for (var opcode = 0; opcode <= 0xff; opcode++)
        {
            await using var client = await RawClient.ConnectAsync(producer);
            await client.SendAsync((Opcode)opcode, 0, 77);
            try
            {
                if ((await client.ReadAsync()).Header is { IsResponse: true, Opaque: 77 })
                    answered.Add((byte)opcode);
            }
            catch (IOException)
            {
                // closed
            }
        }
        Assert.Equal([0x07, 0x1f, 0x20, 0x21, 0x22, 0xfe], answered);
        Assert.DoesNotContain(log.Lines, line => line.Level >= LogLevel.Error);
    }

    private static byte[] Filled(int length, byte fill)
    {
        var bytes = new byte[length];
        bytes.AsSpan().Fill(fill);
        return bytes;
    }

    private static bool IsSilentWhenWell(int opcode) => (Opcode)opcode is Opcode.DcpBufferAck or Opcode.DcpSeqnoAcknowledged
        or Opcode.GetQ or Opcode.GetKQ or Opcode.GatQ or Opcode.GetQMeta or Opcode.SetQWithMeta or Opcode.AddQWithMeta or Opcode.DelQWithMeta
        or (>= Opcode.SetQ and <= Opcode.DecrementQ) or Opcode.AppendQ or Opcode.PrependQ;

    private static IEnumerable<(int Extras, int Key, int Value, byte Fill)> Forms() =>
        from extras in (int[])[0, 1, 2, 3, 4, 8, 16, 20, 24, 28, 48]
        from key in (int[])[0, 3]
        from value in (int[])[0, 9]
        from fill in (byte[])[0, 0xff]
        select (extras, key, value, fill);

    private static async Task<RawClient> ReachAsync(EmbeddedProducer producer, Stage stage)
    {
        if (stage >= Stage.OnBucket)
        {
            var client = await RawClient.LoginAsync(producer, DocumentClient.Features);
            if (stage == Stage.OnDcp)
                await client.OpenAsync("every", 1);
            return client;
        }
        var fresh = await RawClient.ConnectAsync(producer);
        await fresh.HelloAsync(DocumentClient.Features);
        if (stage >= Stage.WithoutBucket)
            await fresh.AuthenticateAsync("Administrator", EmbeddedProducerOptions.DefaultPassword);
        return fresh;
    }
}
