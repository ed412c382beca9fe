using ActorDcp.Protocol.Values;

namespace ActorDcp.Protocol.Responses;

/// <summary>What the readers of responses share.</summary>
internal static class ResponseRules
{
    internal static void RequireSuccess(in Frame frame)
    {
        if (frame.Header.Status != Status.Success)
            throw new ProtocolException($"{frame.Header.Opcode} was answered with {frame.Header.Status}, which has no such body");
    }

    internal static ProtocolException BadLength(in Frame frame, string expected) =>
        new($"the answer to {frame.Header.Opcode} has {frame.Header.ExtrasLength} bytes of extras and {frame.Header.ValueLength} of value; {expected} expected");

    /// <summary>The value, inflated where SnappyEverywhere was granted and used. Only for what is no document.</summary>
    internal static ReadOnlySpan<byte> InflatedValue(in Frame frame)
    {
        if (frame.Value.IsEmpty || (frame.Header.Datatype & Datatype.Snappy) == 0)
            return frame.Value;
        try
        {
            return SnappyBlock.Inflate(frame.Value);
        }
        catch (InvalidDataException error)
        {
            throw new ProtocolException($"the value of {frame.Header.Opcode} cannot be inflated", error);
        }
    }
}
