using ActorDcp.Protocol;

namespace ActorDcp.Producer.Connections;

/// <summary>What a document request must look like before anything is done for it, with the words of a Couchbase node where it does not.</summary>
/// <param name="Extras">Bytes of extras.</param>
/// <param name="HasValue">Null where both are right.</param>
/// <param name="OtherExtras">Other lengths of extras that are right as well.</param>
internal readonly record struct RequestCheck(int Extras, bool? HasValue = false, params int[] OtherExtras)
{
    public bool HasKey { get; init; } = true;

    public bool MayBeCompressed { get; init; }

    /// <summary>Whether the cas must (true) or must not (false) be given; null where both are right.</summary>
    public bool? HasCas { get; init; }

    /// <summary>Checks. Returns what is wrong; null when nothing is.</summary>
    public string? FindFault(in FrameHeader header, ConnectionFeatures features)
    {
        if (header.ExtrasLength != Extras && !OtherExtras.Contains(header.ExtrasLength))
            return Extras == 0 && OtherExtras.Length == 0 ? "Request must not include extras"
                : OtherExtras.Length == 0 ? $"Request must include extras of length {Extras}" : "Request extras invalid";
        if (HasKey != (header.KeyLength > 0))
            return HasKey ? "Request must include key" : "Request must not include key";
        if (HasValue == false && header.ValueLength > 0)
            return "Request must not include value";
        if (HasValue == true && header.ValueLength == 0)
            return "Request must include value";
        if (HasCas is { } hasCas && hasCas != (header.Cas != 0))
            return hasCas ? "Request CAS must be set" : "Request CAS must not be set";
        return header.Datatype == Datatype.Raw ? null : FindDatatypeFault(header.Datatype, features);
    }

    private string? FindDatatypeFault(Datatype datatype, ConnectionFeatures features)
    {
        const Datatype All = Datatype.Json | Datatype.Snappy | Datatype.Xattr;
        if ((datatype & ~All) != 0)
            return "Request datatype invalid";
        var allowed = (features.Json ? Datatype.Json : 0) | (features.Snappy ? Datatype.Snappy : 0) | (features.Xattr ? Datatype.Xattr : 0);
        if ((datatype & ~allowed) != 0)
            return $"Datatype ({DatatypeNames.Join(datatype)}) not enabled for the connection";
        return !MayBeCompressed ? "Request datatype invalid" : null;
    }
}
