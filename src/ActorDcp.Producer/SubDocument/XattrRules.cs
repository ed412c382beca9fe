using ActorDcp.Protocol;

namespace ActorDcp.Producer.SubDocument;

/// <summary>What a path into extended attributes must obey (dcp-reference.md 1.7, 3.21).</summary>
internal static class XattrRules
{
    private const int MaxKeyLength = 16;

    public static Status Check(PathOperation operation, bool isMutation, bool allowsXattrs, out string? fault)
    {
        fault = null;
        if (!allowsXattrs)
        {
            fault = "Connection not XATTR enabled";
            return Status.NotSupported;
        }
        if (!IsKey(operation.XattrKey))
        {
            fault = "Request XATTR key invalid";
            return Status.XattrInvalid;
        }
        if (isMutation && operation.IsVirtual)
            return Status.SubdocXattrCantModifyVattr;
        return (operation.Flags & PathFlags.ExpandMacros) != 0 && !Macros.IsKnown(operation.Value)
            ? Status.SubdocXattrUnknownMacro
            : Status.Success;
    }

    /// <summary>1 to 16 bytes of UTF-8 without NUL; of punctuation only <c>_</c> and <c>$</c> may come first.</summary>
    private static bool IsKey(ReadOnlySpan<byte> key)
    {
        if (key.IsEmpty || key.Length > MaxKeyLength || key.Contains((byte)0) || !System.Text.Unicode.Utf8.IsValid(key))
            return false;
        var first = (char)key[0];
        return first is '_' or '$' || first >= 0x80 || !(char.IsAsciiLetterOrDigit(first) is false && first is > ' ' and < (char)0x7f) && !char.IsControl(first);
    }
}
