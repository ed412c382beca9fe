using System.Text.Json;
using ActorDcp.Protocol.Tests.Captures;

namespace ActorDcp.Protocol.Tests.Framing;

public sealed class FlowControlChargeTests
{
    [Theory]
    [InlineData("7.18", 60)]
    [InlineData("7.19", 63)]
    [InlineData("7.14", 44)]
    [InlineData("7.15", 61)]
    [InlineData("7.16", 77)]
    [InlineData("7.20", 45)]
    [InlineData("7.21", 78)]
    [InlineData("7.22", 47)]
    [InlineData("7.23", 59)]
    [InlineData("7.30", 28)]
    [InlineData("7.31", 32)]
    [InlineData("7.32", 28)]
    [InlineData("7.42", 61)]
    [InlineData("7.43", 43)]
    public void A_message_of_a_stream_is_charged(string section, int charge) =>
        Assert.Equal(charge, FlowControlCharge.Of(Frame.Read(Reference.Bytes(section)).Header));

    [Theory]
    [InlineData("7.28")]
    [InlineData("7.29")]
    [InlineData("7.11")]
    [InlineData("7.12")]
    [InlineData("7.2")]
    [InlineData("7.38")]
    [InlineData("7.48")]
    [InlineData("7.40")]
    public void Noops_answers_and_pushes_are_free(string section) =>
        Assert.Equal(0, FlowControlCharge.Of(Frame.Read(Reference.Bytes(section)).Header));

    [Fact]
    public void The_sum_of_the_charges_is_what_the_server_counted()
    {
        // the recording names after each step what the connection had received and what the server's own statistic said
        var capture = Capture.Load("flow-control-charges-syncwrites");
        var charges = new Dictionary<(int Opcode, int Length), int>();
        foreach (var captured in capture.Frames.Where(frame => !frame.FromClient))
        {
            var header = captured.Read().Header;
            charges[((int)header.Opcode, header.FrameLength)] = FlowControlCharge.Of(header);
        }
        var sums = new Dictionary<string, int>();
        foreach (var step in capture.Header.GetProperty("expect").GetProperty("steps").EnumerateArray())
        {
            var connection = step.GetProperty("connection").GetString()!;
            var sum = sums.GetValueOrDefault(connection);
            foreach (var frame in step.GetProperty("frames").EnumerateArray())
                sum += charges[(frame[0].GetInt32(), frame[1].GetInt32())];
            sums[connection] = sum;
            Assert.Equal(step.GetProperty("server_unacked_bytes").GetInt32(), sum);
        }
        Assert.Equal(2, sums.Count);
    }

    [Fact]
    public void Every_opcode_of_the_table_is_charged_and_no_other()
    {
        int[] charged = [0x55, 0x56, 0x57, 0x58, 0x59, 0x5b, 0x5f, 0x60, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67];
        for (var opcode = 0; opcode <= byte.MaxValue; opcode++)
        {
            var header = new FrameHeader { Magic = Magic.Request, Opcode = (Opcode)opcode, BodyLength = 100 };
            var expected = !charged.Contains(opcode) ? 0 : opcode == 0x60 ? 126 : 124;
            Assert.Equal(expected, FlowControlCharge.Of(header));
            Assert.Equal(expected, FlowControlCharge.Of(header with { Magic = Magic.FlexibleRequest }));
            Assert.Equal(0, FlowControlCharge.Of(header with { Magic = Magic.Response }));
            Assert.Equal(0, FlowControlCharge.Of(header with { Magic = Magic.ServerRequest }));
        }
    }
}
