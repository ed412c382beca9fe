using System.Globalization;
using System.Buffers.Binary;
using System.Text;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.SubDocument;

/// <summary>Values that the server fills in: of the change itself, or out of <c>$document</c> as it was before (dcp-reference.md 3.21).</summary>
internal static class Macros
{
    private const string DocumentPrefix = "\"${$document";

    private static ReadOnlySpan<byte> Cas => "\"${Mutation.CAS}\""u8;

    private static ReadOnlySpan<byte> Seqno => "\"${Mutation.seqno}\""u8;

    private static ReadOnlySpan<byte> Checksum => "\"${Mutation.value_crc32c}\""u8;

    public static bool IsKnown(ReadOnlySpan<byte> value) => IsOfMutation(value) || IsOfDocument(value);

    /// <summary>Whether a value takes the body's checksum, so that it must be filled in last.</summary>
    public static bool IsChecksum(ReadOnlySpan<byte> value) => value.SequenceEqual(Checksum);

    /// <summary>The JSON that a macro stands for.</summary>
    public static Status Expand(ReadOnlySpan<byte> macro, in ChangeFacts facts, ReadOnlySpan<byte> newBody, Func<byte[]> document, out byte[] json)
    {
        json = [];
        if (IsOfMutation(macro))
        {
            // the cas stands in the order of its bytes in memory, the seqno as a number
            var text = macro.SequenceEqual(Cas) ? $"0x{BinaryPrimitives.ReverseEndianness(facts.Cas):x16}"
                : macro.SequenceEqual(Seqno) ? $"0x{facts.Seqno:x16}" : VirtualXattrs.Checksum(newBody);
            json = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\"{text}\""));
            return Status.Success;
        }
        if (DocumentPath.TryParse(macro[3..^2], out var path) != Status.Success || path.Count == 0
            || JsonEditor.Get(document(), path, out var value) != Status.Success)
            return Status.SubdocXattrUnknownVattrMacro;
        json = value.ToArray();
        return Status.Success;
    }

    private static bool IsOfMutation(ReadOnlySpan<byte> value) =>
        value.SequenceEqual(Cas) || value.SequenceEqual(Seqno) || value.SequenceEqual(Checksum);

    private static bool IsOfDocument(ReadOnlySpan<byte> value) =>
        value.StartsWith(Encoding.ASCII.GetBytes(DocumentPrefix)) && value.EndsWith("}\""u8) && value.Length > DocumentPrefix.Length + 1;
}
