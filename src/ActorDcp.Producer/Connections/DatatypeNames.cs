using ActorDcp.Protocol;

namespace ActorDcp.Producer.Connections;

/// <summary>Datatypes in words.</summary>
internal static class DatatypeNames
{
    public static string Join(Datatype datatype) => string.Join(',', Of(datatype));

    /// <summary>The bits' names in Couchbase's order; <c>raw</c> for none.</summary>
    public static IEnumerable<string> Of(Datatype datatype)
    {
        if (datatype == Datatype.Raw)
            yield return "raw";
        if ((datatype & Datatype.Snappy) != 0)
            yield return "snappy";
        if ((datatype & Datatype.Json) != 0)
            yield return "json";
        if ((datatype & Datatype.Xattr) != 0)
            yield return "xattr";
    }
}
