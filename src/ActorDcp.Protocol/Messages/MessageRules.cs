using System.Diagnostics.CodeAnalysis;

namespace ActorDcp.Protocol.Messages;

/// <summary>Checks that the message readers share.</summary>
internal static class MessageRules
{
    internal static ReadOnlySpan<byte> ExtrasOf(in Frame frame, int length)
    {
        var extras = frame.Extras;
        if (extras.Length != length)
            ThrowExtras(frame.Header, $"{length}");
        return extras;
    }

    [DoesNotReturn]
    internal static void ThrowExtras(in FrameHeader header, string expected) =>
        throw new ProtocolException($"{header.Opcode} with {header.ExtrasLength} bytes of extras; {expected} expected");

    [DoesNotReturn]
    internal static void ThrowValue(in FrameHeader header, string expected) =>
        throw new ProtocolException($"{header.Opcode} with a value of {header.ValueLength} bytes; {expected} expected");

    [DoesNotReturn]
    internal static void ThrowKey(in FrameHeader header) =>
        throw new ProtocolException($"{header.Opcode} with a key of {header.KeyLength} bytes that does not begin with a collection id");
}
