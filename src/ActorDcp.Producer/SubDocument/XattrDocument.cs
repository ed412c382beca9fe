using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.SubDocument;

/// <summary>One extended attribute as a document of its own, <c>{"name":value}</c>, so that paths that begin with its name lead into it.</summary>
internal static class XattrDocument
{
    /// <summary>The document; an empty object when there is no such attribute.</summary>
    public static byte[] Find(XattrSet attributes, ReadOnlySpan<byte> key) =>
        attributes.Find(key) is { } json ? [(byte)'{', (byte)'"', .. key, (byte)'"', (byte)':', .. json, (byte)'}'] : "{}"u8.ToArray();

    /// <summary>Puts the document's attribute back, or takes it out when it is gone.</summary>
    public static void Store(XattrSet attributes, ReadOnlySpan<byte> key, ReadOnlySpan<byte> document)
    {
        if (DocumentPath.TryParse(key, out var path) == Status.Success && JsonEditor.Get(document, path, out var json) == Status.Success)
            attributes.Set(key, json.ToArray());
        else
            attributes.Remove(key);
    }
}
