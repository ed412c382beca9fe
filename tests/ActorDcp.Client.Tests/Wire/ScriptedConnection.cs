using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using ActorDcp.Protocol;

namespace ActorDcp.Client.Tests;

/// <summary>The server's side of one connection: whole frames in and bytes out.</summary>
internal sealed class ScriptedConnection(NetworkStream stream, CancellationToken stopping)
{
    internal CancellationToken Stopping { get; } = stopping;

    /// <summary>Features to grant; null grants all that are asked for.</summary>
    internal HelloFeature[]? Grants { get; init; }

    /// <summary>What OPEN and CONTROL asked for, in order.</summary>
    internal List<(Opcode Opcode, string Key, string Value)> Settings { get; } = [];

    /// <summary>What was asked until the client was let in, in order.</summary>
    internal List<Opcode> Asked { get; } = [];

    internal async Task<byte[]> ReadAsync()
    {
        var header = new byte[FrameHeader.Size];
        await stream.ReadExactlyAsync(header, Stopping);
        var frame = new byte[FrameHeader.Size + BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(8))];
        header.CopyTo(frame, 0);
        await stream.ReadExactlyAsync(frame.AsMemory(FrameHeader.Size), Stopping);
        return frame;
    }

    internal async Task<byte[]> ReadAsync(params Opcode[] wanted)
    {
        while (true)
        {
            var frame = await ReadAsync();
            if (wanted.Contains((Opcode)frame[1]) && frame[0] is (byte)Magic.Request or (byte)Magic.FlexibleRequest)
                return frame;
        }
    }

    internal ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => stream.WriteAsync(bytes, Stopping);

    internal ValueTask AnswerAsync(byte[] request, Status status, ReadOnlySpan<byte> value = default)
    {
        var output = new ArrayBufferWriter<byte>();
        FrameWriter.WriteResponse(output, (Opcode)request[1], status, FrameHeader.Read(request).Opaque, value: value);
        return SendAsync(output.WrittenMemory);
    }

    /// <summary>Lets a client in as far as the last CONTROL, and returns the first frame after that.</summary>
    /// <param name="helloFeatures">Features to grant; null grants what is asked for.</param>
    /// <param name="refusedControls">Settings that are answered with EINVAL.</param>
    /// <param name="errorMap">What GET_ERROR_MAP is answered with; null refuses it, as a node does that does not know it.</param>
    internal async Task<byte[]> LetInAsync(
        byte[]? helloFeatures = null, IReadOnlySet<string>? refusedControls = null, byte[]? errorMap = null)
    {
        while (true)
        {
            var frame = await ReadAsync();
            Asked.Add((Opcode)frame[1]);
            switch ((Opcode)frame[1])
            {
                case Opcode.GetErrorMap:
                    await AnswerAsync(frame, errorMap is null ? Status.UnknownCommand : Status.Success, errorMap);
                    break;
                case Opcode.Helo:
                    await AnswerAsync(frame, Status.Success, helloFeatures ?? Frame.Read(frame).Value.ToArray());
                    break;
                case Opcode.SaslListMechs:
                    await AnswerAsync(frame, Status.Success, "PLAIN"u8);
                    break;
                case Opcode.Version:
                    await AnswerAsync(frame, Status.Success, "7.6.11-test"u8);
                    break;
                case Opcode.SaslAuth or Opcode.SelectBucket:
                    await AnswerAsync(frame, Status.Success);
                    break;
                case Opcode.DcpOpen or Opcode.DcpControl:
                    Note(frame);
                    await AnswerAsync(frame, refusedControls?.Contains(Settings[^1].Key) == true ? Status.InvalidArguments : Status.Success);
                    break;
                default:
                    return frame;
            }
        }
    }

    private void Note(byte[] bytes)
    {
        var frame = Frame.Read(bytes);
        var value = frame.Header.Opcode == Opcode.DcpOpen ? Convert.ToHexStringLower(frame.Extras) : Encoding.ASCII.GetString(frame.Value);
        Settings.Add((frame.Header.Opcode, Encoding.UTF8.GetString(frame.Key), value));
    }
}
