<!doctype html>
<title>{{name}}</title>
<link rel="stylesheet" href="/static/style.css">
<h1>{{name}}</h1>
<img src="/months.png" alt="sheets by month">
<table>
% for row in families:
  <tr><td><a href="/sheets?family={{row['family']}}">{{row['family']}}</a><td>{{row['sheets']}}
% end
</table>
