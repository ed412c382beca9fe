using System.Buffers;

namespace ActorDcp.Protocol;

/// <summary>Writes whole frames. Each call writes exactly one.</summary>
public static class FrameWriter
{
    /// <summary>Writes a request; with framing extras in the flexible form.</summary>
    public static void WriteRequest(
        IBufferWriter<byte> output, Opcode opcode, VBucketId vbucket, uint opaque,
        ReadOnlySpan<byte> extras = default, ReadOnlySpan<byte> key = default, ReadOnlySpan<byte> value = default,
        Datatype datatype = Datatype.Raw, ulong cas = 0, ReadOnlySpan<byte> framingExtras = default) =>
        Write(output, framingExtras.IsEmpty ? Magic.Request : Magic.FlexibleRequest, opcode, vbucket.Value, opaque,
            framingExtras, extras, key, value, datatype, cas);

    /// <summary>Writes a response; with framing extras in the flexible form.</summary>
    public static void WriteResponse(
        IBufferWriter<byte> output, Opcode opcode, Status status, uint opaque,
        ReadOnlySpan<byte> extras = default, ReadOnlySpan<byte> key = default, ReadOnlySpan<byte> value = default,
        Datatype datatype = Datatype.Raw, ulong cas = 0, ReadOnlySpan<byte> framingExtras = default) =>
        Write(output, framingExtras.IsEmpty ? Magic.Response : Magic.FlexibleResponse, opcode, (ushort)status, opaque,
            framingExtras, extras, key, value, datatype, cas);

    /// <summary>Writes a frame of any magic.</summary>
    public static void Write(
        IBufferWriter<byte> output, Magic magic, Opcode opcode, ushort vbucketOrStatus, uint opaque,
        ReadOnlySpan<byte> framingExtras, ReadOnlySpan<byte> extras, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value,
        Datatype datatype, ulong cas)
    {
        ArgumentNullException.ThrowIfNull(output);
        var header = new FrameHeader
        {
            Magic = magic,
            Opcode = opcode,
            FramingExtrasLength = framingExtras.Length,
            KeyLength = key.Length,
            ExtrasLength = extras.Length,
            Datatype = datatype,
            VBucketOrStatus = vbucketOrStatus,
            BodyLength = checked(framingExtras.Length + extras.Length + key.Length + value.Length),
            Opaque = opaque,
            Cas = cas,
        };
        var frame = output.GetSpan(header.FrameLength);
        header.Write(frame);
        var at = FrameHeader.Size;
        framingExtras.CopyTo(frame[at..]);
        extras.CopyTo(frame[(at += framingExtras.Length)..]);
        key.CopyTo(frame[(at += extras.Length)..]);
        value.CopyTo(frame[(at + key.Length)..]);
        output.Advance(header.FrameLength);
    }
}
