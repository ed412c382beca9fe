using System.Buffers.Binary;
using System.Text;
using ActorDcp.Protocol;
using ActorDcp.Protocol.Requests;

namespace ActorDcp.Client.Tests.Replay;

/// <summary>What our client makes of the answers that a real node gave during set-up.</summary>
public sealed class HandshakeReplayTests
{
    [Fact]
    public async Task The_features_that_the_recorded_node_granted_are_those_in_force()
    {
        // the first HELO of the recording offers every code there is
        var answer = Capture.Load("bootstrap-helo").Connections[0].HelloAnswer;
        await using var server = new ScriptedServer(async connection => await connection.LetInAsync(answer));
        await using var opened = await Options.For(server.Endpoint).OpenAsync();

        Assert.Equal(
            answer.Chunk(2).Select(code => (HelloFeature)BinaryPrimitives.ReadUInt16BigEndian(code)).Order(), opened.Info.Features.Order());
        Assert.Contains(HelloFeature.Collections, opened.Info.Features);
        Assert.DoesNotContain(HelloFeature.DcpSkipDeletesInInitialBackfill, opened.Info.Features);
    }

    [Fact]
    [Trait("Reference", "10.6")]
    public async Task A_setting_that_the_recorded_node_refused_is_an_absent_feature_and_the_connection_opens()
    {
        var recorded = Capture.Load("client-gocbcore-marker22").Connections[0];
        Assert.Contains(ControlKeys.MaxMarkerVersion, recorded.RefusedControls);
        await using var server = new ScriptedServer(async connection => await connection.LetInAsync(recorded.HelloAnswer, recorded.RefusedControls));
        await using var opened = await Options.For(server.Endpoint).OpenAsync();

        Assert.Equal([ControlKeys.MaxMarkerVersion], opened.Info.RefusedControls.Keys);
    }

    [Fact]
    public async Task Every_setting_of_ours_is_one_that_the_recorded_node_knows_or_is_refused_for_good()
    {
        var settings = Capture.Load("bootstrap-control").Connections.SelectMany(connection => connection.Frames)
            .Where(frame => frame.FromClient && frame.Is(Opcode.DcpControl)).Select(frame => Encoding.ASCII.GetString(Frame.Read(frame.Bytes).Key)).ToHashSet();
        var sent = new List<(string Key, string Value)>();
        await using var server = new ScriptedServer(async connection =>
        {
            var letIn = connection.LetInAsync();
            await Eventually.HoldsAsync(() => connection.Settings.Count > 1, "the settings begin");
            try
            {
                await letIn;
            }
            finally
            {
                lock (sent)
                    sent.AddRange(connection.Settings.Where(setting => setting.Opcode == Opcode.DcpControl).Select(setting => (setting.Key, setting.Value)));
            }
        });
        var options = Options.For(server.Endpoint) with
        {
            Oso = true, SyncWrites = true, ChangeStreams = true, Priority = DcpPriority.High, Compression = DcpCompression.Forced,
        };
        await (await options.OpenAsync()).DisposeAsync();
        await Eventually.HoldsAsync(() => { lock (sent) return sent.Count > 0; }, "the settings are known");

        Assert.Empty(sent.Select(setting => setting.Key).Except(settings));
    }

    [Theory]
    [InlineData("bootstrap-sasl-plain", "dcp")]
    public async Task A_login_that_the_recorded_node_refused_names_the_user_and_the_status(string name, string user)
    {
        var refusal = Capture.Load(name).Connections.SelectMany(connection => connection.Frames)
            .First(frame => frame.Is(Opcode.SaslAuth, response: true) && frame.Header.Status == Status.AuthError);
        await using var server = new ScriptedServer(async connection =>
        {
            while (true)
            {
                var frame = await connection.ReadAsync();
                if (frame[1] == (byte)Opcode.SaslAuth)
                    await connection.SendAsync((byte[])[.. refusal.Bytes[..12], .. frame[12..16], .. refusal.Bytes[16..]]);
                else
                    await connection.AnswerAsync(frame, Status.Success, frame[1] == (byte)Opcode.Helo ? Frame.Read(frame).Value.ToArray() : "PLAIN"u8.ToArray());
            }
        });

        var refused = await Assert.ThrowsAsync<KvConfigurationException>(() => Options.For(server.Endpoint).OpenAsync());

        Assert.Contains($"'{user}'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("0x20", refused.Message, StringComparison.Ordinal);
    }
}
